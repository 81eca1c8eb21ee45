import { defineModule, type MispResults, ModuleError, mispResults, objectTemplate } from 'misp-module-host/sdk'
import { addressParts } from '../_ip.ts'
import { type Json, list, moment, record, text, texts } from '../_json.ts'
import { fetchJson } from '../_provider.ts'

const RDAP = { name: 'The RDAP service', url: 'https://rdap.org' }

const Whois = objectTemplate({
  name: 'whois',
  uuid: '429faea1-34ff-47af-8a00-7c62d3be5a6a',
  version: 10,
  metaCategory: 'network',
  attributes: {
    domain: 'domain',
    'ip-address': 'ip-src',
    registrar: 'whois-registrar',
    'registrant-name': 'whois-registrant-name',
    'registrant-org': 'whois-registrant-org',
    'registrant-email': 'whois-registrant-email',
    'registrant-phone': 'whois-registrant-phone',
    nameserver: { type: 'hostname', disable_correlation: true },
    'creation-date': { type: 'datetime', disable_correlation: true },
    'modification-date': { type: 'datetime', disable_correlation: true },
    'expiration-date': { type: 'datetime', disable_correlation: true },
    comment: 'text',
    text: { type: 'text', disable_correlation: true },
  },
})

const Asn = objectTemplate({
  name: 'asn',
  uuid: '4ec55cc6-9e49-4c64-b794-03c25c1a6587',
  version: 6,
  metaCategory: 'network',
  attributes: { asn: 'AS', name: 'text', description: 'text', country: 'text', organization: 'text', 'first-seen': { type: 'datetime', disable_correlation: true } },
})

export default defineModule({
  info: {
    name: 'RDAP lookup',
    version: '1.0',
    author: 'misp-module-host',
    description: 'Who registered a domain, an address or an autonomous system, and when: RDAP, the successor of whois.',
    'module-type': ['expansion', 'hover'],
    requirements: ['Access to rdap.org, which leads on to the registries, or to another RDAP service; no key'],
    features: 'For a hostname the domain above it that is registered is looked for. Registries leave out most names of persons.',
    references: ['https://about.rdap.org', 'https://www.rfc-editor.org/rfc/rfc9083'],
    input: 'A domain, a hostname, an address or an AS number.',
    output: 'A whois object, or an asn object for an AS number.',
  },
  attributes: {
    input: ['domain', 'hostname', 'ip-src', 'ip-dst', 'AS'],
    output: ['domain', 'hostname', 'ip-src', 'AS', 'datetime', 'text', 'whois-registrar', 'whois-registrant-name', 'whois-registrant-org', 'whois-registrant-email', 'whois-registrant-phone'],
    format: 'misp_standard',
  },
  config: { url: 'Address of the RDAP service, if it is not rdap.org.' },

  async handler({ attribute }, context) {
    const results = mispResults(attribute)
    const value = attribute.value.trim()
    const lookUp = async (path: string) => {
      const answer = await fetchJson(context, RDAP, path)
      return answer === undefined ? undefined : record(answer)
    }
    if (attribute.type === 'AS') addSystem(results, await system(lookUp, value)).refer(attribute, 'related-to')
    else if (attribute.type.startsWith('ip-')) addNetwork(results, await network(lookUp, value), value).refer(attribute, 'related-to')
    else addDomain(results, await domain(lookUp, value)).refer(attribute, 'related-to')
    return results.answer()
  },
})

type LookUp = (path: string) => Promise<Json | undefined>

async function system(lookUp: LookUp, value: string): Promise<Json> {
  const number = /^(?:AS)?(\d{1,10})$/i.exec(value)?.[1]
  if (number === undefined) throw new ModuleError(`"${value}" should be an AS number such as AS64496.`)
  return checked(await lookUp(`/autnum/${number}`), 'autnum', `AS${number}`)
}

async function network(lookUp: LookUp, value: string): Promise<Json> {
  if (addressParts(value) === undefined) throw new ModuleError(`"${value}" should be an IPv4 or IPv6 address.`)
  return checked(await lookUp(`/ip/${value}`), 'ip network', value)
}

/** A hostname is not registered itself: up, label by label, to the one that is. */
async function domain(lookUp: LookUp, value: string): Promise<Json> {
  const labels = value.replace(/\.$/, '').split('.')
  if (labels.length < 2 || labels.some((label) => !/^[^\s/?#]+$/.test(label))) throw new ModuleError(`"${value}" should be a domain.`)
  for (let from = 0; from <= labels.length - 2 && from < 4; from++) {
    const answer = await lookUp(`/domain/${labels.slice(from).join('.')}`)
    if (answer !== undefined) return checked(answer, 'domain', value)
  }
  throw new ModuleError(`No registry knows ${value}, or its registry has no RDAP.`)
}

function checked(answer: Json | undefined, className: string, what: string): Json {
  if (answer === undefined) throw new ModuleError(`No registry knows ${what}.`)
  if (answer['objectClassName'] !== className) throw new ModuleError(`${RDAP.name} answered something else than a ${className} for ${what}.`)
  return answer
}

function addDomain(results: MispResults, answer: Json) {
  return addPeople(results, answer)
    .add('domain', (text(answer['ldhName']) ?? text(answer['unicodeName']))?.toLowerCase())
    .add('nameserver', list(answer['nameservers']).map((server) => text(record(server)['ldhName'])?.toLowerCase()))
    .add('registrar', contactOf(answer, 'registrar')?.name)
    .add('comment', texts(answer['status']).join(', '))
}

function addNetwork(results: MispResults, answer: Json, address: string) {
  const range = [text(answer['startAddress']), text(answer['endAddress'])].filter((end) => end !== undefined).join(' - ')
  const about = [range, text(answer['name']), text(answer['type']), text(answer['country'])].filter((part) => part !== undefined && part !== '')
  return addPeople(results, answer).add('ip-address', address).add('text', about.join(', '))
}

function addPeople(results: MispResults, answer: Json) {
  const registrant = contactOf(answer, 'registrant')
  return results.object(Whois)
    .add('registrant-name', registrant?.isOrganisation === true ? undefined : registrant?.name)
    .add('registrant-org', registrant?.organisation ?? (registrant?.isOrganisation === true ? registrant.name : undefined))
    .add('registrant-email', registrant?.email)
    .add('registrant-phone', registrant?.phone)
    .add('creation-date', eventOf(answer, 'registration'))
    .add('modification-date', eventOf(answer, 'last changed'))
    .add('expiration-date', eventOf(answer, 'expiration'))
}

function addSystem(results: MispResults, answer: Json) {
  const owner = contactOf(answer, 'registrant')
  return results.object(Asn)
    .add('asn', `AS${text(answer['startAutnum']) ?? ''}`)
    .add('name', text(answer['name']))
    .add('country', text(answer['country']))
    .add('organization', owner?.organisation ?? owner?.name)
    .add('first-seen', eventOf(answer, 'registration'))
}

function eventOf(answer: Json, action: string): Date | undefined {
  return moment(list(answer['events']).map(record).find(({ eventAction }) => eventAction === action)?.['eventDate'])
}

interface Contact {
  readonly name: string | undefined
  readonly isOrganisation: boolean
  readonly organisation: string | undefined
  readonly email: string | undefined
  readonly phone: string | undefined
}

/** A contact is a vCard in JSON: a list of `[property, parameters, kind of value, value]`. */
function contactOf(answer: Json, role: string): Contact | undefined {
  const entity = list(answer['entities']).map(record).find(({ roles }) => texts(roles).includes(role))
  if (entity === undefined) return undefined
  const properties = list(list(entity['vcardArray'])[1]).map(list)
  const valueOf = (name: string) => text([properties.find(([property]) => property === name)?.[3]].flat()[0])
  return {
    name: valueOf('fn'),
    isOrganisation: valueOf('kind') === 'org',
    organisation: valueOf('org'),
    email: valueOf('email'),
    phone: valueOf('tel')?.replace(/^tel:/, ''),
  }
}
