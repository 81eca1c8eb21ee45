import type { Samples } from '../support/samples.ts'
import { encoded, type OfflineCase } from './offline_case.ts'

const CUCKOO_CONFIG = {
  'Sandbox info': '1', 'Upload sample': '0', 'Processes': '1', 'DNS': '1', 'TCP': '1', 'UDP': '1', 'HTTP': '1',
  'Signatures': '1', 'Screenshots': '0', 'Dropped files': '0', 'Dropped buffers': '0',
}

const JOE_CONFIG = { 'Import Executable': '0', 'Mitre Att&ck': '0' }

const PASSIVE_DNS = {
  count: 1, rdata: ['a.example.com'], rrname: 'c.example.com', rrtype: 'CNAME', time_first: 1_315_586_409,
  time_last: 1_449_566_799,
}

const FINDING = {
  title: 'SQL injection', discovered_by_agent: 'web', status: 'confirmed', severity: 'high', cve: 'CVE-2020-1234',
  endpoint: 'http://evil.example.com/a',
}

const EVENTS = {
  response: [{ Event: { Attribute: [
    { type: 'ip-dst', value: '198.51.100.7', category: 'Network activity', to_ids: true, comment: '' },
  ] } }],
}

const file = (name: string, config: object = {}) => (samples: Samples) => ({ data: samples.base64(name), filename: name, config })
const json = (value: unknown, config: object = {}) => () => ({ data: encoded(JSON.stringify(value)), config })

/** Import modules that give a real answer offline: contract section 6, second part. */
export const OFFLINE_IMPORT: readonly OfflineCase[] = [
  { module: 'cof2misp', body: json(PASSIVE_DNS), agreement: 'uuids', holds: 'passive-dns' },
  { module: 'cof2misp', about: 'no data', body: () => ({ data: '' }), agreement: 'same', holds: 'success' },
  {
    module: 'csvimport', agreement: 'uuids', holds: 'evil.example.com',
    body: file('table.csv', { header: 'ip-dst,domain', has_header: '1', special_delimiter: ',' }),
  },
  { module: 'cuckooimport', about: 'a tarball', body: file('cuckoo.tar.bz2', CUCKOO_CONFIG), agreement: 'uuids',
    holds: 'sandbox-report' },
  { module: 'cuckooimport', about: 'a zip', body: file('cuckoo.zip', CUCKOO_CONFIG), agreement: 'uuids', holds: 'dns-record' },
  { module: 'darkmoon_import', body: json([FINDING], { include_unconfirmed: '1' }), agreement: 'uuids', holds: 'CVE-2020-1234' },
  { module: 'email_import', body: file('sample.eml', { extract_urls: 'yes' }), agreement: 'uuids', holds: 'An invoice' },
  { module: 'goamlimport', body: file('goaml.xml'), agreement: 'uuids', holds: 'transaction-number' },
  { module: 'goamlimport', about: 'no XML', body: file('table.csv'), agreement: 'same', holds: 'Impossible to read XML data' },
  { module: 'import_blueprint', body: () => ({ data: encoded('x'), config: { number1: '1' } }), agreement: 'uuids',
    holds: '"uuid"' },
  {
    module: 'joe_import', body: file('joe.json', JOE_CONFIG),
    agreement: 'uuids', holds: 'domain-ip',
  },
  { module: 'joe_import', about: 'no data', body: () => ({ data: '', config: JOE_CONFIG }), agreement: 'same', holds: 'success' },
  { module: 'mispjson', body: json(EVENTS), agreement: 'same', holds: '198.51.100.7' },
  { module: 'ocr', body: file('text.png'), agreement: 'same', holds: 'evil.example.com' },
  { module: 'openiocimport', body: file('openioc.xml'), agreement: 'same', holds: 'd41d8cd98f00b204e9800998ecf8427e' },
  {
    module: 'openiocimport', about: 'with the file and tags', agreement: 'same', holds: 'tlp:red',
    body: file('openioc.xml', { 'not save ioc': '0', 'default tag': 'tlp:red,a' }),
  },
  { module: 'testimport', body: () => ({ data: encoded('x') }), agreement: 'same', holds: '192.168.56.1' },
  { module: 'threatanalyzer_import', body: file('analysis.json'), agreement: 'same', holds: '{"results":[]}' },
  {
    module: 'url_import', body: () => ({ data: encoded('https://evil.example.com/c\n'), config: { include_scheme: '1' } }),
    agreement: 'uuids', holds: 'evil.example.com',
  },
  { module: 'vmray_summary_json_import', body: file('vmray.json'), agreement: 'uuids', holds: 'sb-signature' },
]
