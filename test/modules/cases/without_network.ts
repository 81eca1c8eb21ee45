import { attribute, objectsOf, tagsOf, type Case } from '../case.ts'

const INNER = encodeURIComponent('https://evil.example/login?u=1')

export const OFFLINE_CASES: readonly Case[] = [
  {
    claim: 'url_components takes an address apart',
    module: 'expansion/url_components',
    query: { attribute: attribute('url', 'https://me:s%20cret@www.a.example:8443/path/file?x=1&y=2#top') },
    check(expect, answer) {
      expect(objectsOf(answer)).toEqual([{
        name: 'url',
        values: [
          'url: https://me:s%20cret@www.a.example:8443/path/file?x=1&y=2#top', 'scheme: https', 'credential: me:s cret', 'host: www.a.example',
          'port: 8443', 'tld: example', 'resource_path: /path/file', 'query_string: x=1&y=2', 'fragment: top',
        ],
        references: ['related-to attribute'],
      }])
      expect(tagsOf(answer)).toEqual(['url:has="credentials"'])
    },
  },
  {
    claim: 'url_components finds the address in a parameter, and refers to it',
    module: 'expansion/url_components',
    query: { attribute: attribute('url', `hxxps://safe[.]example/?url=${INNER}&again=${encodeURIComponent(INNER)}`) },
    check(expect, answer) {
      const [outer, inner, ...rest] = objectsOf(answer)
      expect(rest).toEqual([])
      expect(outer?.references).toEqual(['related-to attribute', 'contains url'])
      expect(inner?.values).toContain('url: https://evil.example/login?u=1')
    },
  },
  {
    claim: 'url_components tags a host that is an address, and one in punycode',
    module: 'expansion/url_components',
    query: { attribute: attribute('uri', 'http://[2001:db8::1]/?to=https://xn--80ak6aa92e.com/') },
    check(expect, answer) {
      expect(tagsOf(answer)).toEqual(['url:host="ip-address"'])
      expect(objectsOf(answer)[0]?.values).toContain('ip: 2001:db8::1')
      expect(objectsOf(answer)[1]?.values).toContain('host: xn--80ak6aa92e.com')
    },
  },
  {
    claim: 'url_components refuses what has no host',
    module: 'expansion/url_components',
    query: { attribute: attribute('url', 'mailto:a@b.example') },
    check: (expect, answer) => expect(answer).toEqual({ error: '"mailto:a@b.example" should be an absolute URL with a host.', results: [] }),
  },
  {
    claim: 'country_of_domain knows the country of an ending',
    module: 'expansion/country_of_domain',
    query: { domain: 'www.a.example.LU.' },
    check: (expect, answer) => expect(answer.results).toEqual([{ types: ['text'], values: ['Luxembourg (LU)'], comment: 'Country of .lu' }]),
  },
  {
    claim: 'country_of_domain points out endings that are bought for their sound, and endings with another code',
    module: 'expansion/country_of_domain',
    query: { hostname: 'start.up.io' },
    check: (expect, answer) => expect(answer.results).toMatchObject([{ comment: 'Country of .io, an ending that is sold all over the world' }]),
  },
  {
    claim: 'country_of_domain knows that .uk is Great Britain',
    module: 'expansion/country_of_domain',
    query: { domain: 'a.co.uk' },
    check: (expect, answer) => expect(answer.results).toMatchObject([{ values: ['United Kingdom (GB)'] }]),
  },
  {
    claim: 'country_of_domain says that an ending belongs to no country',
    module: 'expansion/country_of_domain',
    query: { domain: 'a.zz' },
    check: (expect, answer) => expect(answer).toEqual({ error: '".zz" is the ending of no country.', results: [] }),
  },
  {
    claim: 'hash_identify warns of the hash of nothing',
    module: 'expansion/hash_identify',
    query: { md5: 'D41D8CD98F00B204E9800998ECF8427E' },
    check(expect, answer) {
      expect(answer.results).toEqual([
        { types: ['text'], values: ['MD5, NTLM, MD4, imphash, JA3'], comment: 'What it may be, the likeliest first' },
        { types: ['text'], values: ['This is the hash of nothing: an empty file or an empty password. It is no indicator.'], comment: 'Beware' },
      ])
    },
  },
  {
    claim: 'hash_identify sees that type and value do not fit',
    module: 'expansion/hash_identify',
    query: { sha1: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' },
    check: (expect, answer) => expect(answer.results).toMatchObject([{}, { values: ['An attribute of type sha1 has 40 digits; this has 64.'] }]),
  },
  {
    claim: 'hash_identify knows hashes of passwords by their form',
    module: 'expansion/hash_identify',
    query: { text: `$2b$12$${'abcdefghij./ABCDEFGHIJ'.padEnd(53, 'x')}` },
    check: (expect, answer) => expect(answer.results).toMatchObject([{ values: ['bcrypt (password)'] }]),
  },
  {
    claim: 'hash_identify says that a text is no hash',
    module: 'expansion/hash_identify',
    query: { text: 'hello' },
    check: (expect, answer) => expect(answer.error).toBe('"hello" has the form of no hash that is known here.'),
  },
  {
    claim: 'idn_check shows a name, its scripts and what it looks like',
    module: 'expansion/idn_check',
    query: { domain: 'xn--pypal-4ve.com' },
    check(expect, answer) {
      expect(answer.results).toEqual([
        { types: ['text'], values: ['pаypal.com'], comment: 'The name as it is shown' },
        { types: ['text'], values: ['CYRILLIC, LATIN'], comment: 'Scripts of the label pаypal, which a deceptive name would do' },
        { types: ['domain'], values: ['paypal.com'], comment: 'What pаypal.com looks like', to_ids: false },
      ])
    },
  },
  {
    claim: 'idn_check has nothing to say of a name in ASCII',
    module: 'expansion/idn_check',
    query: { hostname: 'www.a.example' },
    check: (expect, answer) => expect(answer).toEqual({ error: 'www.a.example is plain ASCII: there is nothing to decode.', results: [] }),
  },
  {
    claim: 'idn_check says that punycode is broken',
    module: 'expansion/idn_check',
    query: { domain: 'xn--zzzzzzzzzzzzzzzzzzzzzz99999999999.example' },
    check: (expect, answer) => expect(answer.error).toMatch(/^'xn--z+9+\.example' is no internationalised name: /),
  },
]
