import { attribute, objectsOf, tagsOf, type Case } from '../case.ts'
import type { Route } from '../provider.ts'

const MD5 = '0cc175b9c0f1b6a831c399e269772661'
const CVE = 'CVE-2021-44228'
const FINGERPRINT = 'A'.repeat(40)

const file = (url: string) => ({ attribute: attribute('filename|md5', `a.txt|${MD5}`), config: { url } })
const cve = (url: string) => ({ attribute: attribute('vulnerability', CVE.toLowerCase()), config: { url } })

/** What has to be an error answer with the provider's name, whichever provider it is. */
const TROUBLE: readonly (readonly [string, Route, RegExp])[] = [
  ['is in trouble', { status: 503, body: 'sorry' }, /answered 503 \(it is in trouble\)/],
  ['is asked too often', { status: 429, body: '' }, /answered 429 \(asked too often; try again later\)/],
  ['answers a page', { status: 200, body: '<html>hello</html>' }, /answered something that is not JSON: "<html>hello<\/html>"/],
  ['answers another kind of JSON', { json: ['what', { relays: 7 }, null] }, /./],
]

const PROVIDERS = [
  { module: 'expansion/known_file', query: file, path: `/lookup/md5/${MD5}` },
  { module: 'expansion/cve_details', query: cve, path: `/api/vulnerability/${CVE}` },
  { module: 'expansion/rdap_lookup', query: (url: string) => ({ attribute: attribute('domain', 'a.example'), config: { url } }), path: '/domain/a.example' },
  { module: 'expansion/certificate_names', query: (url: string) => ({ domain: 'a.example', config: { url } }), path: '/?q=a.example&output=json' },
  { module: 'expansion/tor_relay', query: (url: string) => ({ attribute: attribute('ip-dst', '192.0.2.1'), config: { url } }), path: '/details?search=192.0.2.1' },
]

const TROUBLE_CASES: readonly Case[] = PROVIDERS.flatMap(({ module, query, path }) => [
  ...TROUBLE.map(([what, route, expected]): Case => ({
    claim: `${module} says so when its provider ${what}`,
    module,
    query,
    routes: { [path]: route },
    check(expect, answer, provider) {
      expect(provider.seen.map((request) => request.path)).toEqual([path])
      expect(answer.results).toEqual([])
      expect(answer.error).toMatch(expected)
    },
  })),
  {
    claim: `${module} says so when its provider cannot be reached`,
    module,
    query: () => query('http://127.0.0.1:9'),
    check(expect, answer) {
      expect(answer.results).toEqual([])
      expect(answer.error).toMatch(/ cannot be reached: \S/)
    },
  },
  {
    claim: `${module} refuses an address that is none`,
    module,
    query: () => query('ftp://mirror.example'),
    check: (expect, answer) => expect(answer.error).toMatch(/^The setting "url" should be the http or https address of .*, and is "ftp:\/\/mirror\.example"\.$/),
  },
])

export const LOOKUP_CASES: readonly Case[] = [
  ...TROUBLE_CASES,
  {
    claim: 'known_file answers the file, the packages that it is in, and the trust in it',
    module: 'expansion/known_file',
    query: file,
    routes: {
      [`/lookup/md5/${MD5}`]: {
        json: {
          FileName: './usr/share/doc/a.txt', FileSize: '1', MD5: MD5.toUpperCase(), 'SHA-1': '86F7E437FAA5A7FCE15D1DDCB9EAEAEA377667B8', 'hashlookup:trust': 85,
          'hashlookup:parent-total': 2, source: 'a distribution', nested: { ignored: true },
          parents: [{ PackageName: 'a-doc', PackageVersion: '1.2', 'SHA-1': 'DA39A3EE5E6B4B0D3255BFEF95601890AFD80709' }, 'garbage', { FileSize: { not: 'text' } }],
        },
      },
    },
    check(expect, answer) {
      const [known, parent, ...rest] = objectsOf(answer)
      expect(rest).toEqual([])
      expect(known).toEqual({
        name: 'hashlookup',
        values: [
          'FileName: ./usr/share/doc/a.txt', 'FileSize: 1', `MD5: ${MD5.toUpperCase()}`, 'SHA-1: 86F7E437FAA5A7FCE15D1DDCB9EAEAEA377667B8', 'source: a distribution',
        ],
        references: ['included-in hashlookup', 'related-to attribute'],
      })
      expect(parent?.values).toEqual(['SHA-1: DA39A3EE5E6B4B0D3255BFEF95601890AFD80709', 'PackageName: a-doc', 'PackageVersion: 1.2'])
      expect(tagsOf(answer)).toEqual(['hashlookup:trust="85"'])
    },
  },
  {
    claim: 'known_file tags what is known to be malicious',
    module: 'expansion/known_file',
    query: (url) => ({ attribute: attribute('sha1', '86f7e437faa5a7fce15d1ddcb9eaeaea377667b8'), config: { url: `${url}/mirror/` } }),
    routes: { '/mirror/lookup/sha1/86f7e437faa5a7fce15d1ddcb9eaeaea377667b8': { json: { FileName: 'a', KnownMalicious: 'a list', 'hashlookup:trust': 0 } } },
    check: (expect, answer) => expect(tagsOf(answer)).toEqual(['hashlookup:trust="0"', 'hashlookup:known="malicious"']),
  },
  {
    claim: 'known_file says that nobody knows the file',
    module: 'expansion/known_file',
    query: file,
    check: (expect, answer) => expect(answer).toEqual({ error: 'CIRCL hashlookup knows no file with this md5.', results: [] }),
  },
  {
    claim: 'known_file does not ask about what is no hash',
    module: 'expansion/known_file',
    query: (url) => ({ attribute: attribute('md5', '../../info'), config: { url } }),
    check(expect, answer, provider) {
      expect(provider.seen).toEqual([])
      expect(answer.error).toBe('"../../info" should be an MD5, SHA-1 or SHA-256 hash.')
    },
  },
  {
    claim: 'cve_details answers description, score, weaknesses and references, and that it is exploited',
    module: 'expansion/cve_details',
    query: cve,
    routes: { [`/api/vulnerability/${CVE}`]: { json: cveRecord() } },
    check(expect, answer) {
      expect(objectsOf(answer)).toEqual([
        {
          name: 'vulnerability',
          values: [
            `id: ${CVE}`, 'summary: A title', 'description: In English', 'cvss-score: 10.0', 'cvss-string: CVSS:3.1/AV:N', 'published: 2021-12-10T00:00:00.000Z',
            'modified: 2025-02-04T14:25:37.000Z', 'state: Published', 'credit: Somebody', 'references: https://a.example/1', 'references: https://a.example/2',
            'vulnerable-configuration: cpe:2.3:a:vendor:product:1.0:*:*:*:*:*:*:*',
          ],
          references: ['related-to attribute', 'weakened-by weakness', 'weakened-by weakness'],
        },
        { name: 'weakness', values: ['id: CWE-502', 'description: Deserialization of Untrusted Data'], references: [] },
        { name: 'weakness', values: ['id: CWE-20', 'description: Improper Input Validation'], references: [] },
      ])
      expect(tagsOf(answer)).toEqual(['cvss:severity="critical"', 'cisa:known-exploited="yes"'])
    },
  },
  {
    claim: 'cve_details says that a number is not known',
    module: 'expansion/cve_details',
    query: cve,
    routes: { [`/api/vulnerability/${CVE}`]: { json: {} } },
    check: (expect, answer) => expect(answer).toEqual({ error: `CIRCL vulnerability-lookup does not know ${CVE}.`, results: [] }),
  },
  {
    claim: 'cve_details refuses what is no CVE number',
    module: 'expansion/cve_details',
    query: { attribute: attribute('vulnerability', 'GHSA-1234') },
    check: (expect, answer) => expect(answer.error).toBe('"GHSA-1234" should be a CVE number such as CVE-2021-44228.'),
  },
  {
    claim: 'rdap_lookup looks for the domain above a hostname that is registered',
    module: 'expansion/rdap_lookup',
    query: (url) => ({ attribute: attribute('hostname', 'www.shop.a.example'), config: { url } }),
    routes: {
      '/domain/a.example': {
        json: {
          objectClassName: 'domain', ldhName: 'A.EXAMPLE', status: ['active', 'client transfer prohibited'],
          nameservers: [{ objectClassName: 'nameserver', ldhName: 'NS1.A.EXAMPLE' }, null],
          events: [{ eventAction: 'registration', eventDate: '2010-01-02T03:04:05Z' }, { eventAction: 'expiration', eventDate: 'never' }],
          entities: [
            { objectClassName: 'entity', roles: ['registrar'], vcardArray: ['vcard', [['version', {}, 'text', '4.0'], ['fn', {}, 'text', 'A Registrar']]] },
            { objectClassName: 'entity', roles: ['registrant'], vcardArray: vcard() },
          ],
        },
      },
    },
    check(expect, answer, provider) {
      expect(provider.seen.map(({ path }) => path)).toEqual(['/domain/www.shop.a.example', '/domain/shop.a.example', '/domain/a.example'])
      expect(objectsOf(answer)).toEqual([{
        name: 'whois',
        values: [
          'registrant-name: Some Body', 'registrant-org: An Organisation', 'registrant-email: some@a.example', 'registrant-phone: +1.5550100',
          'creation-date: 2010-01-02T03:04:05.000Z', 'domain: a.example', 'nameserver: ns1.a.example', 'registrar: A Registrar',
          'comment: active, client transfer prohibited',
        ],
        references: ['related-to attribute'],
      }])
    },
  },
  {
    claim: 'rdap_lookup says whose an address is',
    module: 'expansion/rdap_lookup',
    query: (url) => ({ attribute: attribute('ip-src', '192.0.2.1'), config: { url } }),
    routes: {
      '/ip/192.0.2.1': {
        json: {
          objectClassName: 'ip network', startAddress: '192.0.2.0', endAddress: '192.0.2.255', name: 'TEST-NET-1', type: 'ASSIGNED', country: 'LU',
          entities: [{ roles: ['abuse', 'registrant'], vcardArray: ['vcard', [['fn', {}, 'text', 'A Network'], ['kind', {}, 'text', 'org']]] }],
        },
      },
    },
    check(expect, answer) {
      expect(objectsOf(answer)[0]?.values).toEqual([
        'registrant-org: A Network', 'ip-address: 192.0.2.1', 'text: 192.0.2.0 - 192.0.2.255, TEST-NET-1, ASSIGNED, LU',
      ])
    },
  },
  {
    claim: 'rdap_lookup says whose an autonomous system is',
    module: 'expansion/rdap_lookup',
    query: (url) => ({ attribute: attribute('AS', 'AS64496'), config: { url } }),
    routes: { '/autnum/64496': { json: { objectClassName: 'autnum', startAutnum: 64496, endAutnum: 64496, name: 'AN-AS', country: 'LU', entities: [] } } },
    check: (expect, answer) => expect(objectsOf(answer)).toEqual([
      { name: 'asn', values: ['asn: AS64496', 'name: AN-AS', 'country: LU'], references: ['related-to attribute'] },
    ]),
  },
  {
    claim: 'rdap_lookup says that no registry knows a domain',
    module: 'expansion/rdap_lookup',
    query: (url) => ({ attribute: attribute('domain', 'a.example'), config: { url } }),
    check: (expect, answer) => expect(answer.error).toBe('No registry knows a.example, or its registry has no RDAP.'),
  },
  {
    claim: 'certificate_names answers each name below the domain once, the newest first',
    module: 'expansion/certificate_names',
    query: (url) => ({ domain: 'a.example', config: { url, most: '2' } }),
    routes: {
      '/?q=a.example&output=json': {
        json: [
          { issuer_name: 'C=XX, O="An Authority, Inc.", CN=R1', common_name: 'a.example', name_value: '*.a.example\nwww.a.example', not_before: '2024-02-01T00:00:00' },
          { issuer_name: 'C=XX, O=Old, CN=R0', common_name: 'www.a.example', name_value: 'www.a.example\nMAIL.a.example\nother.example\n<b>.a.example', not_before: '2020-01-01T00:00:00' },
          null, { name_value: 7 }, { name_value: 'ancient.a.example' },
        ],
      },
    },
    check(expect, answer) {
      expect(answer.results).toEqual([
        { types: ['hostname'], values: ['www.a.example'], comment: 'Certificate of 2024-02-01 by An Authority, Inc.' },
        { types: ['hostname'], values: ['mail.a.example'], comment: 'Certificate of 2020-01-01 by Old' },
      ])
    },
  },
  {
    claim: 'tor_relay answers the relay at exactly this address',
    module: 'expansion/tor_relay',
    query: (url) => ({ attribute: attribute('ip-dst', '192.0.2.1'), config: { url } }),
    routes: {
      '/details?search=192.0.2.1': {
        json: {
          version: '8.0', relays_published: '2024-01-01 00:00:00', bridges: [],
          relays: [
            {
              nickname: 'relay', fingerprint: FINGERPRINT, or_addresses: ['192.0.2.9:9001', '[2001:db8::1]:9001'], exit_addresses: ['192.0.2.1'], running: false,
              first_seen: '2020-01-01 00:00:00', last_seen: '2024-01-01 00:00:00', flags: ['Exit', 'Running'], as: 'AS64496', as_name: 'A Network', country: 'lu',
            },
            { nickname: 'neighbour', fingerprint: 'B'.repeat(40), or_addresses: ['192.0.2.100:443'] },
          ],
        },
      },
    },
    check(expect, answer) {
      expect(objectsOf(answer)).toEqual([{
        name: 'tor-node',
        values: [
          'address: 192.0.2.1', 'nickname: relay', `fingerprint: ${FINGERPRINT}`, 'flags: Exit, Running', 'first-seen: 2020-01-01T00:00:00.000Z',
          'last-seen: 2024-01-01T00:00:00.000Z', 'description: AS64496, A Network, LU', 'text: not running',
        ],
        references: ['related-to attribute'],
      }])
      expect(tagsOf(answer)).toEqual(['tor:relay="yes"', 'tor:exit="yes"'])
    },
  },
  {
    claim: 'tor_relay says that an address is no relay',
    module: 'expansion/tor_relay',
    query: (url) => ({ attribute: attribute('ip-dst', '2001:db8::1'), config: { url } }),
    routes: { '/details?search=%5B2001%3Adb8%3A%3A1%5D': { json: { relays: [], bridges: [] } } },
    check: (expect, answer) => expect(answer).toEqual({ error: '2001:db8::1 has not been a Tor relay in the last week.', results: [] }),
  },
]

function vcard() {
  return ['vcard', [
    ['version', {}, 'text', '4.0'], ['fn', {}, 'text', 'Some Body'], ['org', {}, 'text', 'An Organisation'], ['email', {}, 'text', 'some@a.example'],
    ['tel', { type: 'voice' }, 'uri', 'tel:+1.5550100'], 'garbage', [],
  ]]
}

function cveRecord() {
  return {
    dataType: 'CVE_RECORD', dataVersion: '5.1',
    cveMetadata: { cveId: CVE, state: 'PUBLISHED', datePublished: '2021-12-10T00:00:00.000Z', dateUpdated: '2025-02-04T14:25:37Z' },
    containers: {
      cna: {
        title: 'A title',
        descriptions: [{ lang: 'fr', value: 'En français' }, { lang: 'en-US', value: 'In English' }],
        affected: [{ vendor: 'vendor', product: 'product', cpes: ['cpe:2.3:a:vendor:product:1.0:*:*:*:*:*:*:*'] }],
        problemTypes: [
          { descriptions: [{ type: 'CWE', lang: 'en', cweId: 'CWE-502', description: 'CWE-502 Deserialization of Untrusted Data' }] },
          { descriptions: [{ lang: 'en', description: 'CWE-20: Improper Input Validation' }] },
          { descriptions: 'garbage' },
        ],
        references: [{ url: 'https://a.example/1' }, { url: 'https://a.example/2' }, { url: 'https://a.example/1' }, {}],
        metrics: [{ other: { type: 'unknown', content: 'critical' } }],
        credits: [{ lang: 'en', value: 'Somebody' }],
      },
      adp: [{
        title: 'Others',
        metrics: [
          { cvssV3_1: { baseScore: 10, vectorString: 'CVSS:3.1/AV:N', baseSeverity: 'CRITICAL' } },
          { other: { type: 'kev', content: { dateAdded: '2021-12-10' } } },
        ],
      }],
    },
  }
}
