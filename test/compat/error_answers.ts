import { attribute, encoded, GENERIC_ERROR } from './offline_case.ts'

/** What of a module's listing decides how it is asked. */
export interface Listed {
  readonly name: string
  readonly type: string
  readonly mispattributes: { readonly input?: readonly string[]; readonly format?: string }
}

/** A plain value of each attribute type that some module takes, the likeliest first. */
const VALUES: Readonly<Record<string, string>> = {
  'ip-src': '198.51.100.7', 'ip-dst': '198.51.100.7', domain: 'example.com', hostname: 'www.example.com',
  url: 'http://www.example.com/a', md5: 'd41d8cd98f00b204e9800998ecf8427e', sha1: 'da39a3ee5e6b4b0d3255bfef95601890afd80709',
  sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  'email-src': 'alice@example.com', email: 'alice@example.com',
  'whois-registrant-email': 'alice@example.com', vulnerability: 'CVE-2020-1234', AS: '64500', text: 'a text',
  btc: '1BoatSLRHtKNngkdXEeobR76b53LETtpyT',
  'mac-address': '00:00:5e:00:53:01', 'phone-number': '+3520000000', 'github-username': 'alice', filename: 'a.exe',
  attachment: 'a.txt', 'malware-sample': 'a.exe|d41d8cd98f00b204e9800998ecf8427e',
}

/** A body with an empty `config` and one attribute of a type that the module takes. */
export function plainBody({ name, mispattributes }: Listed): object {
  const inputs = mispattributes.input ?? []
  const type = Object.keys(VALUES).find((known) => inputs.includes(known)) ?? inputs[0] ?? 'text'
  const value = VALUES[type] ?? 'a value'
  const data = type === 'attachment' || type === 'malware-sample' ? { data: encoded('a file') } : {}
  const standard = mispattributes.format === 'misp_standard'
  const body = standard ? { attribute: { ...attribute(type, value), ...data } } : { [type]: value, ...data }
  return { module: name, ...body, config: {} }
}

/**
 * Modules that are not asked, with the reason. The others answer at once, always the same, on a machine with a network and
 * on one without, when a proxy that refuses every connection is set: 123 of them with an error text of their own.
 */
export const NOT_ASKED: Readonly<Record<string, string>> = {
  btc_scam_check: 'asks the resolver',
  dbl_spamhaus: 'asks the resolver',
  dns: 'asks the resolver',
  dns_query: 'asks the resolver',
  email_security_check: 'asks the resolver',
  ptrclassify: 'asks the resolver',
  qrcode: 'asks the resolver',
  rbl: 'asks the resolver',
  reversedns: 'asks the resolver',
  spamcop: 'asks the resolver',
  url_dns: 'asks the resolver',
  socialscan: 'connects without a proxy',
  ssh_fingerprint: 'connects without a proxy',
  tls_certificate_check: 'connects without a proxy',
}

/** Modules whose answer to the plain body has objects with random uuids. */
export const WITH_UUIDS: ReadonlySet<string> = new Set(['extract_url_components', 'rapid7_attackerkb'])

const REFUSED = 'Tunnel connection failed: 502 the host refuses the connection'

/**
 * Modules whose answer has the words of whoever could not connect, and what they answer in the profile strict, where that is the egress
 * process and not the module itself.
 */
export const IN_OTHER_WORDS: Readonly<Record<string, string>> = {
  apiosintds: REFUSED,
  phishunt: REFUSED,
  ransomlook: REFUSED,
  rdap: REFUSED,
  rulezet_validator: REFUSED,
  // Takes the refusal for the page that it asked for, and cannot say which kind of file that is.
  sourcecache: GENERIC_ERROR,
  tweetfeed: REFUSED,
  xposedornot: REFUSED,
}
