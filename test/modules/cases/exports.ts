import { fileIn, type Case } from '../case.ts'

const UUID = '0a0a0a0a-0b0b-4c0c-8d0d-0e0e0e0e0e0e'
const EVENT = {
  Event: {
    id: '3', info: 'A "campaign"', uuid: '99999999-9999-4999-8999-999999999999', date: '2024-01-02',
    Attribute: [
      { type: 'domain', value: 'B.example.', to_ids: true, uuid: UUID, timestamp: '1704067200', comment: "it's bad", Tag: [{ name: 'tlp:clear' }] },
      { type: 'domain', value: 'unmarked.example', to_ids: false, uuid: '1' },
      { type: 'hostname', value: 'a.example" }\nevil', to_ids: true, uuid: '2' },
      { type: 'comment', value: 'hello', to_ids: true, uuid: '3' },
      { type: 'ip-dst', value: '192.0.2.1', to_ids: '1', uuid: '4' },
      null,
    ],
    Object: [{ name: 'file', Attribute: [{ type: 'filename|sha256', value: String.raw`C:\x.exe|${'a'.repeat(64)}`, to_ids: true, uuid: '5', object_relation: 'x' }] }],
  },
  Attribute: [{ type: 'domain|ip', value: 'c.example|192.0.2.2', to_ids: true, uuid: '6' }],
}

export const EXPORT_CASES: readonly Case[] = [
  {
    claim: 'blocklist_export writes names that are marked, once each, and says what it left out',
    module: 'export_mod/blocklist_export',
    query: { data: [EVENT, EVENT] },
    check(expect, answer) {
      expect(fileIn(answer)).toBe('# 2 names from MISP\n0.0.0.0 b.example\n0.0.0.0 c.example\n')
      expect(answer).toMatchObject({ response: [], warnings: ['Left out, as it is no name: a.example" }\nevil'] })
    },
  },
  {
    claim: 'blocklist_export writes a response policy zone',
    module: 'export_mod/blocklist_export',
    query: { data: [EVENT], config: { form: 'RPZ', all: 'true' } },
    check(expect, answer) {
      expect(fileIn(answer).split('\n')).toEqual([
        '; 3 names from MISP', '$TTL 300', '@ SOA localhost. root.localhost. 1 300 60 86400 300', '@ NS localhost.',
        'b.example CNAME .', '*.b.example CNAME .', 'c.example CNAME .', '*.c.example CNAME .', 'unmarked.example CNAME .', '*.unmarked.example CNAME .', '',
      ])
    },
  },
  {
    claim: 'blocklist_export names the forms that there are',
    module: 'export_mod/blocklist_export',
    query: { data: [EVENT], config: { form: 'bind' } },
    check: (expect, answer) => expect(answer.error).toBe('The setting "form" should be one of hosts, plain, dnsmasq, unbound, adblock, rpz, and is "bind".'),
  },
  {
    claim: 'stix_indicators_export writes a bundle with a pattern for each attribute that has one',
    module: 'export_mod/stix_indicators_export',
    query: { data: [EVENT], config: { all: null } },
    check(expect, answer) {
      const bundle = JSON.parse(fileIn(answer)) as { type: string; id: string; objects: Record<string, unknown>[] }
      expect(bundle).toMatchObject({ type: 'bundle', id: expect.stringMatching(/^bundle--[\da-f-]{36}$/) })
      expect(bundle.objects.map(({ pattern }) => String(pattern)).sort()).toEqual([
        "[domain-name:value = 'B.example.']",
        String.raw`[domain-name:value = 'a.example" }` + "\nevil']",
        "[domain-name:value = 'c.example' AND domain-name:resolves_to_refs[*].value = '192.0.2.2']",
        String.raw`[file:name = 'C:\\x.exe' AND file:hashes.'SHA-256' = '${'a'.repeat(64)}']`,
        "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '192.0.2.1']",
      ])
      expect(bundle.objects.find(({ id }) => id === `indicator--${UUID}`)).toMatchObject({
        type: 'indicator', spec_version: '2.1', created: '2024-01-01T00:00:00.000Z', modified: '2024-01-01T00:00:00.000Z', valid_from: '2024-01-01T00:00:00.000Z',
        description: 'A "campaign": it\'s bad', labels: ['tlp:clear'], pattern_type: 'stix',
      })
      expect(answer).toMatchObject({ warnings: ['No pattern was made for attributes of the types comment.'] })
    },
  },
  {
    claim: 'stix_indicators_export refuses what are no events',
    module: 'export_mod/stix_indicators_export',
    query: { data: 'events' },
    check: (expect, answer) => expect(answer.error).toBe('This module exports the events in "data", an array; it is a text.'),
  },
  {
    claim: 'sigma_rules_export writes one rule for each kind of log',
    module: 'export_mod/sigma_rules_export',
    query: { data: [EVENT], config: { level: 'Medium', all: null } },
    check(expect, answer) {
      const rules = fileIn(answer).split('---\n')
      expect(rules.map((rule) => rule.split('\n')[0])).toEqual([
        String.raw`title: "MISP: DNS queries of A \"campaign\""`, String.raw`title: "MISP: network connections of A \"campaign\""`,
        String.raw`title: "MISP: processes with known files of A \"campaign\""`,
      ])
      expect(rules[0]).toContain('        QueryName|endswith:\n            - ".B.example."\n            - ".c.example"\n')
      expect(rules[2]).toContain(`            - "SHA256=${'A'.repeat(64)}"\n`)
      expect(rules.every((rule) => rule.endsWith('level: medium\n'))).toBe(true)
    },
  },
  {
    claim: 'sigma_rules_export names the levels that there are',
    module: 'export_mod/sigma_rules_export',
    query: { data: [EVENT], config: { level: 'urgent' } },
    check: (expect, answer) => expect(answer.error).toBe("The setting level should be one of informational, low, medium, high, critical, and is 'urgent'."),
  },
  {
    claim: 'sigma_rules_export says that there is nothing to look for',
    module: 'export_mod/sigma_rules_export',
    query: { data: [{ Event: { info: 'x' } }, null] },
    check: (expect, answer) => expect(fileIn(answer)).toBe('# No attribute of these events can be looked for in logs.\n'),
  },
]
