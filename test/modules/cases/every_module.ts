import { attribute, type Case } from '../case.ts'

/** What no module may stumble over: a query that is not for it. */
const WRONG: readonly (readonly [string, Case['query'], RegExp])[] = [
  ['expansion/dns_records', {}, /requires an "attribute" field as input, with type, value and uuid; it is missing/],
  ['expansion/dns_records', { attribute: attribute('md5', 'x') }, /takes domain or hostname, and was asked about md5/],
  ['expansion/url_components', { attribute: { type: 'url', value: 'http://a.example/' } }, /"uuid" is missing/],
  ['expansion/known_file', { object: { name: 'file' } }, /takes an attribute \(.*\), and was asked about an object/],
  ['expansion/reverse_dns_lookup', { domain: 'a.example' }, /takes ip-src or ip-dst; the query has domain/],
  ['expansion/hash_identify', { md5: 7 }, /"md5" should be a text, and is a number/],
  ['expansion/idn_check', { 'ip-src': '192.0.2.1' }, /takes domain or hostname; the query has neither/],
  ['import_mod/csv_table_import', { data: '' }, /imports the file in "data" \(base64\); it is an empty text/],
  ['import_mod/json_attributes_import', { data: '%%%' }, /should be a file in base64/],
  ['export_mod/blocklist_export', { data: [1] }, /should hold events, and holds a number/],
  ['export_mod/sigma_rules_export', {}, /exports the events in "data", a list; it is NoneType/],
  ['action_mod/webhook', { data: {} }, /needs its parameters in "params", an object; it is missing/],
]

export const WRONG_CASES: readonly Case[] = WRONG.map(([module, query, expected], at) => ({
  claim: `${module} says what a query should have been (${at + 1})`,
  module,
  query,
  check: (expect, answer) => expect(answer.error).toMatch(expected),
}))
