import { defineModule, exportAnswer, ModuleError } from 'misp-module-host/sdk'
import { attributesOf, isForDetection } from './_event_attributes.ts'

const SERIAL = 1

/** For each form, how a list of names is written. `head` is for comments at the top. */
const FORMS = {
  hosts: { comment: '#', line: (name: string) => `0.0.0.0 ${name}` },
  plain: { comment: '#', line: (name: string) => name },
  dnsmasq: { comment: '#', line: (name: string) => `address=/${name}/` },
  unbound: { comment: '#', line: (name: string) => `local-zone: "${name}." always_nxdomain` },
  adblock: { comment: '!', line: (name: string) => `||${name}^` },
  rpz: { comment: ';', line: (name: string) => `${name} CNAME .\n*.${name} CNAME .` },
} as const
type Form = keyof typeof FORMS

export default defineModule({
  info: {
    name: 'Blocklist export',
    version: '1.0',
    author: 'misp-module-host',
    description: 'The domains and hostnames of events as a list that resolvers and filters block by.',
    'module-type': ['export'],
    features:
      'The setting `form` is one of hosts (as in /etc/hosts), plain, dnsmasq, unbound, adblock and rpz (a response policy zone, for BIND and ' +
      'others). Only attributes that are marked for detection are taken, unless `all` is true. Hosts in URLs are left out: to block them would block whole sites.',
    references: ['https://www.isc.org/rpz/'],
    input: 'Events with attributes of the types domain, hostname and domain|ip, in objects too.',
    output: 'A text file.',
  },
  attributes: { responseType: 'text/plain', outputFileExtension: 'txt' },
  config: {
    form: `${Object.keys(FORMS).join(', ')}; hosts where it is empty.`,
    all: 'true: also what is not marked for detection.',
  },

  handler(query, { config }) {
    const form = formOf(config.form)
    const taken = attributesOf(query.data).filter((attribute) => config.all?.trim().toLowerCase() === 'true' || isForDetection(attribute))
    const named = taken.filter(({ type }) => ['domain', 'hostname', 'domain|ip'].includes(type)).map(({ value }) => nameIn(value))
    const names = [...new Set(named.filter((name) => isName(name)))].sort()
    const refused = [...new Set(named.filter((name) => !isName(name)))]
    const { comment, line } = FORMS[form]
    const head = form === 'rpz' ? zoneHead() : []
    const lines = [`${comment} ${names.length} names from MISP`, ...head, ...names.map(line)]
    return exportAnswer(`${lines.join('\n')}\n`, refused.length === 0 ? {} : { warnings: refused.map((name) => `Left out, as it is no name: ${name.slice(0, 100)}`) })
  },
})

function formOf(setting: string | undefined): Form {
  const form = setting?.trim().toLowerCase() || 'hosts'
  if (!Object.hasOwn(FORMS, form)) throw new ModuleError(`The setting "form" should be one of ${Object.keys(FORMS).join(', ')}, and is "${setting}".`)
  return form as Form
}

function nameIn(value: string): string {
  return (value.split('|')[0] ?? '').trim().replace(/\.$/, '').toLowerCase()
}

/** What goes into a configuration file must not be able to end its line or its quotes. */
function isName(name: string): boolean {
  return name.length <= 253 && /^([a-z\d_]([a-z\d_-]{0,61}[a-z\d_])?\.)+[a-z\d-]{2,63}$/.test(name)
}

function zoneHead(): string[] {
  return ['$TTL 300', `@ SOA localhost. root.localhost. ${SERIAL} 300 60 86400 300`, '@ NS localhost.']
}
