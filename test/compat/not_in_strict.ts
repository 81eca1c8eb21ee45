import type { OfflineCase } from './offline_case.ts'

/** Why a module cannot do in the profile strict what it does elsewhere, and the text that it answers instead. */
interface Instead {
  readonly why: string
  readonly holds: string
}

const STARTS = 'starts a program of its environment: a cell has none but those of the machine'
const READS = 'is told in its settings which file of the machine to read: a cell has none'
const SOCKETS = 'opens sockets by itself: a cell has no network, and its door takes HTTP and TLS'
const NO_DATABASE: Instead = { why: READS, holds: 'Unable to locate the GeoLite database you specified' }
/** Those that need the grant `processes`. */
export const STARTS_PROCESSES: ReadonlySet<string> = new Set(['ocr', 'ocr_enrich', 'convert_markdown_to_pdf', 'prints'])

/** The queries of the compatibility tests that strict answers in another way, by their titles; all others it answers as upstream does. */
export const NOT_IN_STRICT: Readonly<Record<string, Instead>> = {
  geoip_asn: NO_DATABASE,
  geoip_city: NO_DATABASE,
  geoip_country: NO_DATABASE,
  ipgeolocation: { why: READS, holds: 'Cannot read the IPGeolocation.io database' },
  sherlock: { why: STARTS, holds: 'Sherlock is not installed or executable' },
  'whois (a server)': { why: SOCKETS, holds: 'Not able to reach the uwhois instance' },
}

export const titleOf = ({ module, about }: Pick<OfflineCase, 'module' | 'about'>) => (about === undefined ? module : `${module} (${about})`)
