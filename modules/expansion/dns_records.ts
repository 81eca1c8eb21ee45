import { type Dns, defineModule, ModuleError, mispResults, objectTemplate } from 'misp-module-host/sdk'

const DnsRecord = objectTemplate({
  name: 'dns-record',
  uuid: 'f023c8f0-81ab-41f3-9f5d-fa597a34a9b9',
  version: 2,
  metaCategory: 'network',
  attributes: {
    'queried-domain': 'domain',
    'a-record': 'ip-dst',
    'aaaa-record': 'ip-dst',
    'cname-record': 'domain',
    'mx-record': 'domain',
    'ns-record': 'domain',
    'soa-record': 'domain',
    'txt-record': 'text',
  },
})

/** For each type of record, how to ask for it as the values that the object template has a place for. */
const RECORDS = {
  A: { relation: 'a-record', ask: (dns: Dns, name: string) => dns.resolve(name, 'A') },
  AAAA: { relation: 'aaaa-record', ask: (dns: Dns, name: string) => dns.resolve(name, 'AAAA') },
  CNAME: { relation: 'cname-record', ask: (dns: Dns, name: string) => dns.resolve(name, 'CNAME') },
  MX: {
    relation: 'mx-record',
    ask: async (dns: Dns, name: string) =>
      (await dns.resolve(name, 'MX')).toSorted((a, b) => a.priority - b.priority).map(({ exchange }) => exchange),
  },
  NS: { relation: 'ns-record', ask: (dns: Dns, name: string) => dns.resolve(name, 'NS') },
  SOA: { relation: 'soa-record', ask: async (dns: Dns, name: string) => [(await dns.resolve(name, 'SOA')).nsname] },
  TXT: { relation: 'txt-record', ask: async (dns: Dns, name: string) => (await dns.resolve(name, 'TXT')).map((pieces) => pieces.join('')) },
} as const
type RecordType = keyof typeof RECORDS

const NO_SUCH = new Set(['ENOTFOUND', 'ENODATA'])

export default defineModule({
  info: {
    name: 'DNS records',
    version: '1.0',
    author: 'misp-module-host',
    description: 'Looks up the DNS records of a name: A, AAAA, CNAME, MX, NS, SOA and TXT, in one object.',
    'module-type': ['expansion', 'hover'],
    features: 'All types are asked for at the same time, at the resolver of the host. The setting `types` names fewer, for example `A,AAAA`.',
    references: ['https://www.rfc-editor.org/rfc/rfc1035'],
    input: 'A domain or hostname.',
    output: 'A dns-record object that refers to the attribute.',
  },
  attributes: { input: ['domain', 'hostname'], output: ['domain', 'ip-dst', 'text'], format: 'misp_standard' },
  config: { types: 'Types of records, separated by commas; all of A, AAAA, CNAME, MX, NS, SOA, TXT where it is empty.' },

  async handler({ attribute }, { config, dns }) {
    const name = attribute.value.trim().replace(/\.$/, '')
    const found = await Promise.all(wanted(config.types).map((type) => lookUp(dns, name, type)))
    const results = mispResults(attribute)
    const object = results.object(DnsRecord)
    for (const { type, values } of found) object.add(RECORDS[type].relation, values)
    if (found.every(({ values }) => values.length === 0)) throw new ModuleError(reasonFor(name, found))
    object.add('queried-domain', name).refer(attribute, 'related-to')
    return results.answer()
  },
})

interface Found {
  readonly type: RecordType
  readonly values: readonly string[]
  /** Why there are none. */
  readonly code?: string
}

async function lookUp(dns: Dns, name: string, type: RecordType): Promise<Found> {
  try {
    const values = await RECORDS[type].ask(dns, name)
    return { type, values: values.map((value) => value.replace(/\.$/, '')) }
  } catch (error) {
    return { type, values: [], code: (error as { code?: string }).code ?? String(error) }
  }
}

function wanted(setting: string | undefined): RecordType[] {
  const names = (setting ?? '').split(/[\s,]+/).filter((name) => name !== '').map((name) => name.toUpperCase())
  const other = names.find((name) => !Object.hasOwn(RECORDS, name))
  if (other !== undefined) throw new ModuleError(`The setting "types" names "${other}"; there are ${Object.keys(RECORDS).join(', ')}.`)
  return (names.length === 0 ? Object.keys(RECORDS) : names) as RecordType[]
}

function reasonFor(name: string, found: readonly Found[]): string {
  const failed = found.find(({ code }) => code !== undefined && !NO_SUCH.has(code))
  if (failed !== undefined) return `The resolver could not look up ${name} (${failed.type}): ${failed.code}`
  if (found.every(({ code }) => code === 'ENOTFOUND')) return `There is no name ${name} in DNS.`
  return `${name} has no DNS record of the types ${found.map(({ type }) => type).join(', ')}.`
}
