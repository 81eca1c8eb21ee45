import { defineModule, ModuleError, simpleAnswer } from 'misp-module-host/sdk'
import { list, record, text } from '../_json.ts'
import { fetchJson } from '../_provider.ts'

const CRT_SH = { name: 'crt.sh', url: 'https://crt.sh', timeoutMs: 60_000 }
const MOST_NAMES = 200

export default defineModule({
  info: {
    name: 'Names in certificates',
    version: '1.0',
    author: 'misp-module-host',
    description: 'Names below a domain that certificates were issued for, from the public logs of certificates.',
    'module-type': ['expansion'],
    requirements: ['Access to crt.sh or to a copy of it; no key. It takes its time, and is often in trouble'],
    features: 'Names are those below the domain, without wildcards. The comment says which authority issued a certificate last, and when.',
    references: ['https://crt.sh', 'https://certificate.transparency.dev'],
    input: 'A domain.',
    output: 'Hostnames.',
  },
  attributes: { input: ['domain', 'hostname'], output: ['hostname'] },
  config: { url: 'Address of crt.sh, if it is a copy.', most: `Most names to answer; ${MOST_NAMES} where it is empty.` },

  async handler(_query, context) {
    const domain = context.input.value.trim().replace(/\.$/, '').toLowerCase()
    const most = mostOf(context.config.most)
    const answer = await fetchJson(context, CRT_SH, `/?q=${encodeURIComponent(domain)}&output=json`)
    if (!Array.isArray(answer)) throw new ModuleError(`${CRT_SH.name} answered something else than a list of certificates.`)
    const names = namesIn(answer, domain)
    if (names.size === 0) throw new ModuleError(`${CRT_SH.name} knows no certificate for a name below ${domain}.`)
    const newest = [...names].toSorted(([a, one], [b, other]) => other.since.localeCompare(one.since) || a.localeCompare(b)).slice(0, most)
    if (names.size > most) context.log.warn(`${names.size} names, of which the ${most} newest are answered`)
    return simpleAnswer(...newest.map(([name, { since, issuer }]) => ({
      types: ['hostname'],
      values: [name],
      comment: `Certificate of ${since.slice(0, 10) || 'unknown date'} by ${issuer}`,
    })))
  },
})

interface Issued {
  readonly since: string
  readonly issuer: string
}

/** Each name with the newest certificate for it. */
function namesIn(certificates: readonly unknown[], domain: string): ReadonlyMap<string, Issued> {
  const names = new Map<string, Issued>()
  for (const certificate of list(certificates).map(record)) {
    const issued = { since: text(certificate['not_before']) ?? '', issuer: issuerOf(text(certificate['issuer_name'])) }
    const written = `${text(certificate['name_value']) ?? ''}\n${text(certificate['common_name']) ?? ''}`
    for (const name of written.toLowerCase().split('\n').map((each) => each.trim().replace(/^\*\./, ''))) {
      const below = name.endsWith(`.${domain}`) && /^[\w.-]+$/.test(name)
      if (below && (names.get(name)?.since ?? '') <= issued.since) names.set(name, issued)
    }
  }
  return names
}

/** The organisation in a name such as `C=US, O="Example, Inc.", CN=R3`. */
function issuerOf(name: string | undefined): string {
  const found = /(?:^|,\s*)O=("[^"]*"|[^,]*)/.exec(name ?? '')?.[1]
  return found?.replaceAll('"', '') ?? name ?? 'an unknown authority'
}

function mostOf(setting: string | undefined): number {
  const most = Number(setting ?? MOST_NAMES)
  if (!Number.isInteger(most) || most < 1) throw new ModuleError(`The setting "most" should be a number of names, and is "${setting}".`)
  return most
}
