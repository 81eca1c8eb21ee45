import { attribute, objectsOf, type Case } from '../case.ts'

export const DNS_CASES: readonly Case[] = [
  {
    claim: 'dns_records gathers the records of all types in one object',
    module: 'expansion/dns_records',
    query: { attribute: attribute('domain', 'a.example.') },
    dns: {
      'a.example A': ['192.0.2.1', '192.0.2.2'],
      'a.example AAAA': ['2001:db8::1'],
      'a.example MX': [{ exchange: 'second.example', priority: 20 }, { exchange: 'first.example', priority: 10 }],
      'a.example TXT': [['v=spf1 ', '-all']],
      'a.example SOA': { nsname: 'ns.example', hostmaster: 'root.example', serial: 1, refresh: 1, retry: 1, expire: 1, minttl: 1 },
      'a.example NS': ['ns.example.'],
    },
    check(expect, answer) {
      expect(objectsOf(answer)).toEqual([{
        name: 'dns-record',
        values: [
          'a-record: 192.0.2.1', 'a-record: 192.0.2.2', 'aaaa-record: 2001:db8::1', 'mx-record: first.example', 'mx-record: second.example',
          'ns-record: ns.example', 'soa-record: ns.example', 'txt-record: v=spf1 -all', 'queried-domain: a.example',
        ],
        references: ['related-to attribute'],
      }])
    },
  },
  {
    claim: 'dns_records asks for the types of its setting alone, and answers what there is',
    module: 'expansion/dns_records',
    query: { attribute: attribute('hostname', 'www.a.example'), config: { types: 'a, cname' } },
    dns: { 'www.a.example CNAME': ['a.example'], 'www.a.example A': 'ESERVFAIL', 'www.a.example TXT': [['not asked for']] },
    check(expect, answer) {
      expect(objectsOf(answer)[0]?.values).toEqual(['cname-record: a.example', 'queried-domain: www.a.example'])
    },
  },
  {
    claim: 'dns_records says that there is no such name',
    module: 'expansion/dns_records',
    query: { attribute: attribute('domain', 'nowhere.example') },
    dns: {},
    check: (expect, answer) => expect(answer).toEqual({ error: 'There is no name nowhere.example in DNS.', results: [] }),
  },
  {
    claim: 'dns_records says that the resolver failed',
    module: 'expansion/dns_records',
    query: { attribute: attribute('domain', 'a.example'), config: { types: 'A,MX' } },
    dns: { 'a.example A': 'ETIMEOUT', 'a.example MX': 'ENODATA' },
    check: (expect, answer) => expect(answer.error).toBe('The resolver could not look up a.example (A): ETIMEOUT'),
  },
  {
    claim: 'dns_records names the types that there are where a setting names another',
    module: 'expansion/dns_records',
    query: { attribute: attribute('domain', 'a.example'), config: { types: 'A,SRV' } },
    check: (expect, answer) => expect(answer.error).toBe('The setting "types" names "SRV"; there are A, AAAA, CNAME, MX, NS, SOA, TXT.'),
  },
  {
    claim: 'reverse_dns_lookup tells confirmed names from others',
    module: 'expansion/reverse_dns_lookup',
    query: { 'ip-src': '192.0.2.1' },
    dns: { '1.2.0.192.in-addr.arpa PTR': ['a.example.', 'liar.example'], 'a.example A': ['192.0.2.9', '192.0.2.1'], 'liar.example A': ['198.51.100.1'] },
    check(expect, answer) {
      expect(answer.results).toEqual([
        { types: ['hostname'], values: ['a.example'], comment: 'PTR record of 192.0.2.1, confirmed by the name' },
        { types: ['hostname'], values: ['liar.example'], comment: 'PTR record of 192.0.2.1; the name does not lead back to it' },
      ])
    },
  },
  {
    claim: 'reverse_dns_lookup knows an IPv6 address in each of its forms',
    module: 'expansion/reverse_dns_lookup',
    query: { 'ip-dst': '2001:db8::1' },
    dns: {
      '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR': ['six.example'],
      'six.example AAAA': ['2001:DB8:0:0:0:0:0:1'],
    },
    check: (expect, answer) => expect(answer.results).toMatchObject([{ comment: 'PTR record of 2001:db8::1, confirmed by the name' }]),
  },
  {
    claim: 'reverse_dns_lookup says that an address has no name',
    module: 'expansion/reverse_dns_lookup',
    query: { 'ip-dst': '192.0.2.7' },
    dns: {},
    check: (expect, answer) => expect(answer).toEqual({ error: '192.0.2.7 has no PTR record.', results: [] }),
  },
  {
    claim: 'reverse_dns_lookup refuses what is no address',
    module: 'expansion/reverse_dns_lookup',
    query: { 'ip-dst': '192.0.2.700' },
    check: (expect, answer) => expect(answer.error).toBe('"192.0.2.700" should be an IPv4 or IPv6 address.'),
  },
]
