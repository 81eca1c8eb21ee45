import type { ModuleType } from '../../sandboxes/contract.ts'
import type { Samples } from '../support/samples.ts'
import { attribute, GENERIC_ERROR, type OfflineCase } from './offline_case.ts'
import { OFFLINE_MODULES } from './offline_modules.ts'

/** What one of upstream's server tests asks, in our own words, and when its answer satisfies that test. */
export type Ask =
  | {
      readonly body: (samples: Samples) => object
      readonly satisfies: (answer: string) => boolean
      readonly agreement: OfflineCase['agreement']
    }
  | { readonly lists: ModuleType }

/** A test of upstream's that talks to a server, with the outcome it has offline against the real server 3.1. */
export interface ServerId {
  readonly id: string
  readonly outcome: 'passed' | 'failed' | 'skipped'
  /** None: the test sends nothing, or its outcome has nothing to do with the server. */
  readonly asks: readonly Ask[]
  readonly why?: string
}

const EXPANSIONS = 'test_expansions.py'
const OLD_SUITE = 'test.py'

type Wish = (answer: string) => boolean
const holds = (text: string): Wish => (answer) => answer.includes(text)
const says = (error: string): Wish => (answer) => (JSON.parse(answer) as { error?: string } | null)?.error === error
const anyOf = (...wishes: Wish[]): Wish => (answer) => wishes.some((wish) => wish(answer))
const hasResults: Wish = (answer) => (JSON.parse(answer) as { results?: unknown[] } | null)?.results?.[0] !== undefined
const anything: Wish = (answer) => JSON.parse(answer) !== undefined
const genericError = says(GENERIC_ERROR)

const ask = (body: object, satisfies: Wish): Ask => ({ body: () => body, satisfies, agreement: 'same' })
const passes = (id: string, ...asks: Ask[]): ServerId => ({ id, outcome: 'passed', asks })
const fails = (id: string, ...asks: Ask[]): ServerId => ({ id, outcome: 'failed', asks })
const skipped = (id: string, why = 'marked as skipped'): ServerId => ({ id, outcome: 'skipped', asks: [], why })
const silent = (id: string): ServerId => ({ id, outcome: 'passed', asks: [], why: 'sends no request when run in CI' })

/** The same request as one of the offline cases. */
function offline(module: string): Ask {
  const found = OFFLINE_MODULES.find((offered) => offered.module === module && offered.about === undefined)
  if (found === undefined) throw new Error(`no offline case for ${module}`)
  const text = JSON.stringify(found.holds).slice(1, -1)
  const satisfies = found.module.endsWith('_export') ? holds('"data"') : anyOf(holds(found.holds), holds(text))
  return { body: (samples) => ({ module, ...found.body(samples) }), satisfies, agreement: found.agreement }
}

const real = (test: string, module: string) => passes(`${EXPANSIONS}::${test}`, offline(module))

/** A misp_standard module without its settings. */
const keyless = (test: string, module: string, type: string, value: string, error: string) =>
  passes(`${EXPANSIONS}::${test}`, ask({ module, attribute: attribute(type, value), config: {} }, says(error)))

/** A module of the old form without its settings. */
const keylessOld = (test: string, module: string, type: string, value: string, error: string) =>
  passes(`${EXPANSIONS}::${test}`, ask({ module, [type]: value, config: {} }, says(error)))

/** A module that has changed to misp_standard since the test was written: the old body has no attribute, so no results. */
const outdated = (file: string, test: string, module: string, type: string, value: string, config: object = {}) =>
  fails(`${file}::${test}`, ask({ module, [type]: value, config }, hasResults))

const REAL: readonly ServerId[] = [
  real('test_docx', 'docx_enrich'), real('test_ocr', 'ocr_enrich'), real('test_ods', 'ods_enrich'),
  real('test_odt', 'odt_enrich'),
  real('test_pdf', 'pdf_enrich'), real('test_pptx', 'pptx_enrich'), real('test_qrcode', 'qrcode'),
  real('test_sigma_queries', 'sigma_queries'), real('test_sigma_syntax', 'sigma_syntax_validator'),
  real('test_stix2_pattern_validator', 'stix2_pattern_syntax_validator'), real('test_yara_query', 'yara_query'),
  real('test_yara_validator', 'yara_syntax_validator'),
  passes('test_exports.py::test_threat_connect_export', offline('threat_connect_export')),
  passes('test_exports.py::test_yara_export', offline('yara_export')),
  passes(`${OLD_SUITE}::test_openioc`, offline('openiocimport')),
  passes(`${OLD_SUITE}::test_introspection`, { lists: 'expansion' }),
  passes(`${OLD_SUITE}::test_dns`, ask({ module: 'dns', hostname: 'www.example.com', config: { nameserver: '127.0.0.1' } },
    anything)),
]

const KEYLESS: readonly ServerId[] = [
  keyless('test_apivoid', 'apivoid', 'domain', 'example.com', 'An API key for APIVoid is required.'),
  keyless('test_circl_passivedns', 'circl_passivedns', 'domain', 'example.com', 'CIRCL Passive DNS authentication is missing.'),
  keyless('test_circl_passivessl', 'circl_passivessl', 'ip-dst', '198.51.100.7', 'CIRCL Passive SSL authentication is missing.'),
  keyless('test_farsight_passivedns', 'farsight_passivedns', 'domain', 'example.com', 'Farsight DNSDB apikey is missing'),
  keyless('test_greynoise', 'greynoise', 'ip-src', '198.51.100.7', 'GreyNoise API Key required, but missing'),
  keyless('test_hyasinsight', 'hyasinsight', 'ip-src', '198.51.100.7', 'HYAS Insight apikey is missing'),
  keyless('test_ipqs_fraud_and_risk_scoring', 'ipqs_fraud_and_risk_scoring', 'ip-src', '198.51.100.7',
    'IPQualityScore apikey is missing'),
  keylessOld('test_macaddess_io', 'macaddress_io', 'mac-address', '00:00:5e:00:53:01', 'Authorization required'),
  keylessOld('test_passivetotal', 'passivetotal', 'domain', 'example.com', 'Configuration is missing from the request.'),
  keyless('test_ransomcoindb', 'ransomcoindb', 'btc', '1BoatSLRHtKNngkdXEeobR76b53LETtpyT', 'Ransomcoindb API key is missing'),
  keyless('test_reversinglabs', 'reversinglabs_spectra_analyze', 'domain', 'example.com', 'Missing api_url in config'),
  keyless('test_securitytrails', 'securitytrails', 'domain', 'example.com', 'SecurityTrails authentication is missing'),
  keyless('test_shodan', 'shodan', 'ip-src', '198.51.100.7', 'Shodan authentication is missing'),
  keyless('test_urlscan', 'urlscan', 'url', 'http://example.com/', 'Urlscan apikey is missing'),
  keyless('test_validin', 'validin', 'domain', 'example.com', 'Validin API key is missing.'),
  keyless('test_virustotal', 'virustotal', 'domain', 'example.com', 'A VirusTotal api key is required for this module.'),
  keyless('test_virustotal_public', 'virustotal_public', 'domain', 'example.com',
    'A VirusTotal api key is required for this module.'),
  keyless('test_xforceexchange', 'xforceexchange', 'ip-src', '198.51.100.7',
    'An API authentication is required (key and password).'),
]

/** A module that cannot reach its service: the test takes a result or the generic text. */
const unreachable = (test: string, body: object, ...also: Wish[]) =>
  passes(`${EXPANSIONS}::${test}`, ask(body, anyOf(genericError, ...also)))

const NETWORK: readonly ServerId[] = [
  unreachable('test_countrycode', { module: 'countrycode', domain: 'www.example.lu' }, holds('not reachable')),
  unreachable('test_crowdstrike', {
    module: 'crowdstrike_falcon', attribute: attribute('domain', 'example.com'),
    config: { api_id: 'placeholder', apikey: 'placeholder' },
  }, holds('HTTP Error: ')),
  unreachable('test_cve', { module: 'cve', attribute: attribute('vulnerability', 'CVE-2020-1234'), config: {} }),
  unreachable('test_cve_advanced', { module: 'cve_advanced', attribute: attribute('vulnerability', 'CVE-2020-1234'),
    config: {} }),
  unreachable('test_wikidata', { module: 'wiki', text: 'a text', config: {} }),
  fails(`${EXPANSIONS}::test_macvendors`, ask({ module: 'macvendors', 'mac-address': '00:00:5e:00:53:01' }, hasResults)),
  fails(`${EXPANSIONS}::test_censys`, ask({
    module: 'censys_enrich', attribute: attribute('ip-src', '198.51.100.7'),
    config: { api_id: 'placeholder', api_secret: 'placeholder' },
  }, (answer) => !genericError(answer))),
]

const LISTS: readonly ServerId[] = [
  passes('test_actions.py::test_introspection', { lists: 'action_mod' }),
  passes(`${EXPANSIONS}::test_introspection`, { lists: 'expansion' }),
  passes('test_exports.py::test_introspection', { lists: 'export_mod' }),
  passes('test_imports.py::test_introspection', { lists: 'import_mod' }),
]

const SILENT = [
  'test_btc_scam_check', 'test_btc_steroids', 'test_onyphe', 'test_onyphe_full', 'test_rbl', 'test_threatcrowd',
  'test_threatminer', 'test_xlsx',
].map((test) => silent(`${EXPANSIONS}::${test}`))

const OUTDATED: readonly ServerId[] = [
  outdated(EXPANSIONS, 'test_dbl_spamhaus', 'dbl_spamhaus', 'domain', 'example.com'),
  outdated(EXPANSIONS, 'test_dns', 'dns', 'hostname', 'www.example.com', { nameserver: '127.0.0.1' }),
  outdated(EXPANSIONS, 'test_haveibeenpwned', 'hibp', 'email-src', 'alice@example.com'),
  outdated(EXPANSIONS, 'test_reversedns', 'reversedns', 'ip-src', '198.51.100.7', { nameserver: '127.0.0.1' }),
  outdated(EXPANSIONS, 'test_sourcecache', 'sourcecache', 'link', 'http://example.com/a.txt'),
  outdated(EXPANSIONS, 'test_vulners', 'vulners', 'vulnerability', 'CVE-2020-1234'),
  outdated(OLD_SUITE, 'test_cve', 'cve', 'vulnerability', 'CVE-2020-1234'),
  fails(`${OLD_SUITE}::test_invalid_cve`, ask({ module: 'cve', vulnerability: 'CVE-1-1' }, says('Non existing CVE'))),
]

const BROKEN: readonly ServerId[] = [
  { id: `${OLD_SUITE}::test_introspection_module_structure`, outcome: 'failed', asks: [], why: 'looks for a name that is gone' },
  { id: `${OLD_SUITE}::test_introspection_module_init`, outcome: 'failed', asks: [], why: 'takes helpers for modules' },
]

const SKIPPED: readonly ServerId[] = [
  ...['test_apiosintds', 'test_ipasn', 'test_otx', 'test_urlhaus'].map((test) => skipped(`${EXPANSIONS}::${test}`)),
  ...Array.from({ length: 17 }, (_, index) => skipped(`${OLD_SUITE}::e-mail test ${index + 1}`)),
]

/** Upstream's 85 server tests. */
export const SERVER_IDS: readonly ServerId[] =
  [...REAL, ...KEYLESS, ...NETWORK, ...LISTS, ...SILENT, ...OUTDATED, ...BROKEN, ...SKIPPED]
