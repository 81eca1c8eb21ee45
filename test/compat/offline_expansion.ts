import type { Samples } from '../support/samples.ts'
import { attribute, encoded, type OfflineCase, UUID } from './offline_case.ts'

const document = (name: string) => (samples: Samples) => ({ attachment: name, data: samples.base64(name) })
const enriched = (module: string, name: string): OfflineCase =>
  ({ module, body: document(name), agreement: 'same', holds: `from file ${name}` })

/** An address looked up in a database that the samples hold. */
const located = (module: string, database: string, holds: string): OfflineCase => ({
  module,
  body: (samples) => ({ attribute: attribute('ip-src', '8.8.8.8'), config: { local_geolite_db: samples.path(database) } }),
  agreement: 'uuids',
  holds,
})

const SIGMA = 'title: t\nlogsource:\n  product: windows\ndetection:\n  s:\n    EventID: 1\n  condition: s\n'

/** Expansion modules that give a real answer offline: contract section 6, first part. */
export const OFFLINE_EXPANSION: readonly OfflineCase[] = [
  { module: 'countrycode', body: () => ({ domain: 'www.example.com' }), agreement: 'same', holds: 'Commercial (Worldwide)' },
  enriched('docx_enrich', 'sample.docx'),
  enriched('ods_enrich', 'sample.ods'),
  enriched('odt_enrich', 'sample.odt'),
  enriched('pptx_enrich', 'sample.pptx'),
  { module: 'pdf_enrich', body: document('sample.pdf'), agreement: 'same', holds: 'A second page' },
  // Upstream's own failure with current pandas.
  { module: 'xlsx_enrich', body: document('sample.xlsx'), agreement: 'same', holds: 'Something went wrong' },
  { module: 'ocr_enrich', body: document('text.png'), agreement: 'same', holds: 'evil.example.com' },
  { module: 'ocr_enrich', about: 'an empty picture', body: document('blank.png'), agreement: 'same', holds: 'OCR from file' },
  { module: 'qrcode', body: document('payment.jpeg'), agreement: 'same', holds: '1BoatSLRHtKNngkdXEeobR76b53LETtpyT' },
  { module: 'qrcode', about: 'a link', body: document('link.png'), agreement: 'same', holds: 'https://evil.example.com/pay' },
  { module: 'qrcode', about: 'no code', body: document('blank.png'), agreement: 'same', holds: 'No QR code found' },
  {
    module: 'eql', body: () => ({ 'ip-src': '198.51.100.7' }),
    agreement: 'same', holds: 'network where source_address == \\"198.51.100.7\\"',
  },
  {
    module: 'extract_url_components', body: () => ({ attribute: attribute('url', 'https://www.example.com:443/a?b=c#d') }),
    agreement: 'uuids', holds: '"fragment"',
  },
  {
    module: 'html_to_markdown', body: () => ({ raw_html: '<h1>Hi</h1><p>all <b>of</b> you</p>' }),
    agreement: 'same', holds: '# Hi',
  },
  {
    module: 'jinja_template_rendering',
    body: () => ({ text: JSON.stringify({ template: 'Hello {{ name }}', data: { name: 'x' } }) }),
    agreement: 'same', holds: 'Hello x',
  },
  { module: 'jinja_template_rendering', about: 'no text', body: () => ({}), agreement: 'same', holds: 'false' },
  { module: 'sigma_queries', body: () => ({ sigma: SIGMA }), agreement: 'same', holds: 'EventID' },
  { module: 'sigma_syntax_validator', body: () => ({ sigma: SIGMA }), agreement: 'same', holds: 'Syntax valid' },
  {
    module: 'sigmf_expand', about: 'an archive', agreement: 'uuids', holds: 'sigmf-recording',
    body: (samples) => sigmf('sigmf-archive', { 'SigMF-archive': samples.base64('tone.sigmf') }),
  },
  {
    module: 'sigmf_expand', about: 'a recording', agreement: 'uuids', holds: 'waterfall-plot',
    body: (samples) =>
      sigmf('sigmf-recording', { 'SigMF-meta': samples.base64('tone.sigmf-meta'),
        'SigMF-data': samples.base64('tone.sigmf-data') }),
  },
  {
    module: 'stix2_pattern_syntax_validator', body: () => ({ 'stix2-pattern': "[ipv4-addr:value = '198.51.100.7']" }),
    agreement: 'same', holds: 'Syntax valid',
  },
  {
    module: 'stix2_pattern_syntax_validator', about: 'a wrong pattern', body: () => ({ 'stix2-pattern': '[ipv4-addr:value =' }),
    agreement: 'same', holds: 'Error',
  },
  { module: 'yara_query', body: () => ({ md5: 'b2a5abfeef9e36964281a31e17b57c97' }), agreement: 'same', holds: 'hash.md5' },
  { module: 'yara_syntax_validator', body: () => ({ yara: 'rule a { condition: true }' }), agreement: 'same',
    holds: 'Syntax valid' },
  { module: 'yara_syntax_validator', about: 'a wrong rule', body: () => ({ yara: 'rule a {' }), agreement: 'same',
    holds: 'rror' },
  located('geoip_asn', 'asn.mmdb', '15169'),
  located('geoip_city', 'city.mmdb', 'Mountain View'),
  located('geoip_country', 'country.mmdb', 'United States'),
  {
    module: 'ipgeolocation', agreement: 'uuids', holds: 'Mountain View',
    body: (samples) => ({
      attribute: attribute('ip-src', '8.8.8.8'),
      config: { mmdb_paths: `${samples.path('ipgeolocation-city.mmdb')},${samples.path('ipgeolocation-asn.mmdb')}` },
    }),
  },
  {
    module: 'ptrclassify', body: () => ({ attribute: attribute('hostname', 'dyn-198-51-100-7.pool.example.net') }),
    agreement: 'uuids', holds: 'ptrclassify:',
  },
  {
    module: 'sherlock', agreement: 'uuids', holds: 'https://example.com/alice',
    body: (samples) => ({ attribute: attribute('github-username', 'alice'),
      config: { sherlock_path: samples.path('sherlock.sh') } }),
  },
  // Without its two helper programs, which no test machine has.
  {
    module: 'convert_markdown_to_pdf', body: () => ({ text: JSON.stringify({ markdown: '# Hi' }) }),
    agreement: 'folder', holds: 'Error: ',
  },
  {
    module: 'clamav', agreement: 'same', holds: 'Could not connect to ClamAV',
    body: () => ({
      attribute: { ...attribute('attachment', 'a.txt'), data: encoded('text') },
      config: { connection: 'unix:///nowhere/clamd.sock' },
    }),
  },
  {
    module: 'whois', body: () => ({ domain: 'example.com', config: { server: '127.0.0.1', port: '1' } }),
    agreement: 'same', holds: 'Not able to reach the uwhois instance at 127.0.0.1:1',
  },
]

function sigmf(name: string, parts: Readonly<Record<string, string>>): object {
  const attributes = Object.entries(parts).map(([relation, data]) =>
    ({ object_relation: relation, type: 'attachment', value: `tone.${relation.toLowerCase()}`, data }))
  return { object: { name, uuid: UUID, Attribute: attributes } }
}
