import { UUID } from './offline_case.ts'

const MOMENT = '1756720800'

const MADE: readonly (readonly [string, string, string])[] = [
  ['ip-dst', '198.51.100.7', 'Network activity'],
  ['ip-src', '198.51.100.8', 'Network activity'],
  ['domain', 'evil.example.com', 'Network activity'],
  ['hostname', 'www.evil.example.com', 'Network activity'],
  ['url', 'http://evil.example.com/a?b=c', 'Network activity'],
  ['md5', 'd41d8cd98f00b204e9800998ecf8427e', 'Payload delivery'],
  ['sha256', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'Payload delivery'],
  ['filename', 'évil "quoted".exe', 'Payload delivery'],
]

export const ATTRIBUTES = MADE.map(([type, value, category], index) => ({
  id: `${index + 1}`, type, value, category, to_ids: true, comment: 'a comment', timestamp: MOMENT,
  uuid: `5a4e1f6c-1c68-4f2a-9d52-0a6d3b8f70${(index + 16).toString(16)}`, distribution: '5', deleted: false,
}))

const HEAD = { id: '7', info: 'A sample event', date: '2026-09-01', uuid: UUID, timestamp: MOMENT, published: false,
  threat_level_id: '1', analysis: '0' }

/** One event in both layouts: old exports read the outer lists, newer ones what is inside `Event`. */
export const EVENT = {
  Event: { ...HEAD, Attribute: ATTRIBUTES, Object: [], Orgc: { name: 'ORG', uuid: UUID }, Tag: [{ name: 'tlp:green' }] },
  Attribute: ATTRIBUTES,
  Object: [],
  Orgc: { name: 'ORG' },
  Org: { name: 'ORG' },
  Tag: [{ name: 'tlp:green' }],
}

const OBJECTS = {
  source: '11111111-1111-4111-8111-111111111111',
  target: '22222222-2222-4222-8222-222222222222',
  transfer: '33333333-3333-4333-8333-333333333333',
  person: '44444444-4444-4444-8444-444444444444',
}

/** An event that describes a payment between two accounts of one person. */
export const TRANSACTION = {
  Event: {
    ...HEAD,
    Attribute: [],
    Object: [
      object('bank-account', OBJECTS.source, account('DE1'), [reference('signatory', OBJECTS.person, 'person')]),
      object('bank-account', OBJECTS.target, account('DE2'), [reference('signatory', OBJECTS.person, 'person')]),
      object('transaction', OBJECTS.transfer, [
        ['transaction-number', 'text', 'T1'], ['amount', 'text', '10'], ['from-country', 'text', 'DE'],
        ['to-country', 'text', 'LU'],
        ['from-funds-code', 'text', 'A Deposit'], ['to-funds-code', 'text', 'A Deposit'],
      ], [reference('from', OBJECTS.source, 'bank-account'), reference('to', OBJECTS.target, 'bank-account')]),
      object('person', OBJECTS.person, [['first-name', 'first-name', 'Ada'], ['last-name', 'last-name', 'L']], []),
    ],
  },
}

type Field = readonly [relation: string, type: string, value: string]

function account(iban: string): Field[] {
  return [
    ['report-code', 'text', 'STR Suspicious Transaction Report'], ['currency-code', 'text', 'EUR'], ['iban', 'iban', iban],
    ['account', 'bank-account-nr', `${iban}-1`],
  ]
}

function reference(relation: string, uuid: string, name: string): object {
  return { referenced_uuid: uuid, relationship_type: relation, Object: { name, uuid } }
}

function object(name: string, uuid: string, fields: readonly Field[], references: readonly object[]): object {
  const attributes = fields.map(([relation, type, value]) => ({ object_relation: relation, type, value, timestamp: MOMENT }))
  return { name, uuid, 'meta-category': 'financial', template_version: '1', timestamp: MOMENT, Attribute: attributes,
    ObjectReference: references }
}
