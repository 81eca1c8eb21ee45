import { beforeAll, describe, it } from 'vitest'
import { checkAnswer } from '../../../host/check/answer.ts'
import type { Entry } from '../../../host/check/attributes.ts'
import { findings } from '../../../host/check/finding.ts'
import { knowledge, type Knowledge } from '../../../host/check/knowledge.ts'
import { readMispFacts } from '../../../sandboxes/python/misp_facts.ts'
import { testPython } from '../../support/python.ts'

let known: Knowledge
beforeAll(async () => {
  known = knowledge(await readMispFacts(testPython()))
})

const SIMPLE = { input: ['domain'], output: ['ip-dst', 'text'] }
const STANDARD = { input: ['domain'], format: 'misp_standard' }
const ASKED = 'b8f1c1de-5c1f-4a53-8f0e-0d6a1f6f3b22'
const OTHER = '1b5a4c4e-93a8-4a0f-9d7e-9d2f0c0f5a11'

function judged(answer: unknown, mispattributes: unknown = SIMPLE, type: Entry['type'] = 'expansion') {
  const say = findings()
  const shows = checkAnswer({ entry: { name: 'm', type, mispattributes, meta: {} }, body: { attribute: { uuid: ASKED } }, answer, known, say })
  return { shows, said: say.all.map(({ severity, about, message }) => `${severity} ${about}: ${message}`) }
}

describe('an answer in the simple form', () => {
  it('is shown as its values by type', ({ expect }) => {
    expect(judged({ results: [{ types: ['ip-dst'], values: ['198.51.100.7', '198.51.100.8'] }, { types: 'text', values: 'one' }] }))
      .toEqual({ shows: ['3 values to choose from: 2 ip-dst; 1 text'], said: [] })
    expect(judged({ results: [] })).toEqual({ shows: ['no results'], said: [] })
  })

  const wrong: readonly [string, unknown, string][] = [
    ['a type that MISP does not know', { results: [{ types: ['ip_dst'], values: ['x'] }] }, 'error answer.results[0].types: "ip_dst" is no type of attributes'],
    ['a type that was not declared', { results: [{ types: ['url'], values: ['x'] }] }, 'warning answer.results[0].types: "url" is not in mispattributes.output (ip-dst, text)'],
    ['no type', { results: [{ values: ['x'] }] }, 'error answer.results[0].types: there is none'],
    ['empty values', { results: [{ types: ['text'], values: ['x', ''] }] }, 'warning answer.results[0].values: 1 of 2 are empty: MISP drops them'],
    ['an unknown category', { results: [{ types: ['text'], values: ['x'], categories: ['Othr'] }] }, 'error answer.results[0].categories: "Othr" is no category'],
    ['a category that does not take the type', { results: [{ types: ['ip-dst'], values: ['x'], categories: ['Person'] }] }, 'warning answer.results[0].categories: the category "Person" does not take ip-dst'],
    ['a misspelt key', { results: [{ types: ['text'], values: ['x'], coment: 'c' }] }, 'warning answer.results[0].coment: MISP does not read this key; did you mean "comment"?'],
    ['results that are a text', { results: 'none' }, 'error answer.results: expected a list of {types, values}, found "none"'],
    ['results in the other form', { results: { Attribute: [] } }, 'error answer.results: these are attributes and objects'],
    ['neither results nor an error', { data: 1 }, 'error answer: expected "results" or "error", found data: MISP gives up the enrichment of an event'],
  ]
  for (const [title, answer, expected] of wrong) {
    it(`is found wanting: ${title}`, ({ expect }) => {
      expect(judged(answer).said.join('\n')).toContain(expected)
    })
  }
})

describe('an answer in the form misp_standard', () => {
  const object = {
    'name': 'domain-ip', 'uuid': OTHER, 'meta-category': 'network', 'template_uuid': '43b3b146-77eb-4931-b4cc-b66c60f28734', 'template_version': '11',
    'Attribute': [{ object_relation: 'ip', type: 'ip-dst', value: '198.51.100.7' }],
    'ObjectReference': [{ relationship_type: 'related-to', referenced_uuid: ASKED }],
  }
  const attribute = { type: 'domain', value: 'example.com', Tag: [{ name: 'tlp:clear' }] }
  const wanting = (change: object) => judged({ results: { Object: [{ ...object, ...change }] } }, STANDARD).said.join('\n')

  it('is shown as attributes, objects, references and tags', ({ expect }) => {
    expect(judged({ results: { Attribute: [attribute], Object: [object] } }, STANDARD))
      .toEqual({ shows: ['1 attribute: domain', '1 object: domain-ip (1 attribute)', '1 reference', '1 tag'], said: [] })
  })

  it('is found wanting: an attribute without a value, of an unknown type, with a tag that is a text', ({ expect }) => {
    const { said } = judged({ results: { Attribute: [{ type: 'domian', Tag: ['tlp:clear'] }] } }, STANDARD)
    expect(said.join('\n')).toContain('error answer.results.Attribute[0].type: "domian" is no type of attributes')
    expect(said.join('\n')).toContain('error answer.results.Attribute[0].value: there is none')
    expect(said.join('\n')).toContain('error answer.results.Attribute[0].Tag: expected a list of {"name": ...}')
  })

  it('is found wanting: a list, which the simple form has', ({ expect }) => {
    expect(judged({ results: [{ types: ['text'], values: ['x'] }] }, STANDARD).said.join('\n')).toContain('error answer.results: the format is misp_standard')
  })

  it('is found wanting: an object of no template', ({ expect }) => {
    expect(wanting({ name: 'domain-ipp', template_uuid: 'x' })).toContain('there is no object template "domain-ipp"')
  })

  it('is found wanting: an object whose uuid of the template is that of another', ({ expect }) => {
    expect(wanting({ name: 'url' })).toContain('error answer.results.Object[0].template_uuid: it is that of "domain-ip", the object is called "url"')
  })

  it('is found wanting: a relation that the template has not, or has with another type', ({ expect }) => {
    expect(wanting({ Attribute: [{ object_relation: 'address', type: 'ip-dst', value: 'x' }] })).toContain('expected a relation of the template "domain-ip", found "address"; there are: domain,')
    expect(wanting({ Attribute: [{ object_relation: 'ip', type: 'text', value: 'x' }] })).toContain('the template "domain-ip" has ip-dst for ip, found "text"')
  })

  it('is found wanting: an object without what the template requires, or without attributes', ({ expect }) => {
    expect(wanting({ Attribute: [{ object_relation: 'text', type: 'text', value: 'x' }] })).toContain('the template "domain-ip" requires one of')
    expect(wanting({ Attribute: [] })).toContain('the object has no attributes')
  })

  it('is found wanting: an object that is not tied to its template', ({ expect }) => {
    expect(wanting({ template_uuid: undefined })).toContain('warning answer.results.Object[0].template_uuid: there is none')
  })

  it('is found wanting: a reference that leads nowhere, or that no relationship names', ({ expect }) => {
    expect(wanting({ ObjectReference: [{ relationship_type: 'related-to', referenced_uuid: 'x' }] })).toContain('x is neither in the answer nor in the request')
    expect(wanting({ ObjectReference: [{ referenced_uuid: ASKED }] })).toContain('expected a relationship such as "related-to", found nothing')
  })
})

describe('an answer that is none', () => {
  it('is an error that says what MISP makes of it', ({ expect }) => {
    expect(judged(null)).toMatchObject({ shows: ['"service not reachable"'], said: [expect.stringContaining('error answer: expected an object, found null')] })
    expect(judged('Non existing CVE')).toMatchObject({ shows: ['the error: Non existing CVE'], said: [expect.stringContaining('skips the modules after this one')] })
  })

  it('that is an error alone is noted: MISP gives up the enrichment of an event', ({ expect }) => {
    expect(judged({ error: 'no key' })).toEqual({ shows: ['the error: no key'], said: [expect.stringContaining('note answer.results: an error without "results"')] })
    expect(judged({ error: 'no key', results: [] })).toEqual({ shows: ['the error: no key', 'no results'], said: [] })
  })
})

describe('an answer of an export or an action', () => {
  it('is a file', ({ expect }) => {
    expect(judged({ data: 'YSxiCg==' }, {}, 'export_mod')).toEqual({ shows: ['a file of 4 bytes'], said: [] })
    expect(judged({ data: 'a,b' }, {}, 'export_mod').said).toEqual(['error answer.data: expected the file in base64, found "a,b"'])
    expect(judged({}, {}, 'export_mod').said.join()).toContain('the user downloads an empty file')
  })

  it('stops a workflow by an error, and only by that', ({ expect }) => {
    expect(judged({ data: false }, {}, 'action_mod')).toEqual({ shows: ['a workflow that goes on'], said: [] })
    expect(judged({ error: 'no' }, {}, 'action_mod').shows).toEqual(['the error: no', 'a workflow that stops at this action'])
  })
})
