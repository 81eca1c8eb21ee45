import { describe, it } from 'vitest'
import { answerText } from '../../../host/cli/answer_text.ts'

const shown = (answer: unknown, columns?: number) => answerText(answer, columns)

describe('an answer that is none of the common forms is shown all the same', () => {
  const cases: readonly [string, unknown, string][] = [
    ['a text', 'Non existing CVE', '"Non existing CVE"\n'],
    ['nothing', null, 'null\n'],
    ['false', false, 'false\n'],
    ['a list', [1], '[1]\n'],
    ['no results', { results: [] }, 'no results\n'],
    ['results that are a text', { results: 'slept' }, 'results: slept\n'],
    ['results that are texts', { results: ['a', 'b'] }, 'results:\n  - a\n  - b\n'],
    ['an object of nothing', { results: { Attribute: [], Object: [] } }, 'no results\n'],
    ['values that are an object', { results: [{ types: ['text'], values: { splunk: 'a=1' } }] }, 'types  values\ntext   splunk: a=1\n'],
    ['an error alone, which goes elsewhere', { error: 'no' }, ''],
    ['an action', { data: true }, 'data: true\n'],
    ['data that is no base64', { data: 'not base64!' }, 'data: not base64!\n'],
    ['what is empty in a tree', { a: [], b: {}, c: [[], {}] }, 'a: []\nb: {}\nc:\n  - []\n  - {}\n'],
  ]
  for (const [title, answer, text] of cases) it(title, ({ expect }) => expect(shown(answer)).toBe(text))

  it('a text of many lines and one that is too long', ({ expect }) => {
    expect(shown({ report: 'one\ntwo' })).toBe('report: one\n        two\n')
    expect(shown({ report: 'x'.repeat(5000) })).toBe(`report: ${'x'.repeat(2000)}... (5000 characters; --json has all)\n`)
  })

  it('with nothing in it that a terminal would obey, in keys, values, names of columns and objects', ({ expect }) => {
    const evil = '\u001b]0;x\u0007\u009b2J\u202e\r'
    const texts = [
      shown({ [evil]: evil, data: evil }), shown(evil), shown({ data: Buffer.from(evil).toString('base64') }),
      shown({ results: [{ types: [evil], values: evil, [evil]: evil }] }), shown({ results: [evil] }),
      shown({ results: { Object: [{ name: evil, uuid: evil, comment: evil, Attribute: [{ type: evil, value: evil, Tag: [{ name: evil }] }], ObjectReference: [{ relationship_type: evil }] }] } }),
    ]
    for (const text of texts) expect(text).not.toMatch(/[^\P{Cc}\n\t]|\p{Bidi_Control}/u)
    expect(texts[0]).toContain('\\x1b]0;x\\x07\\x9b2J\\u202e')
  })

  it('to its deepest level', ({ expect }) => {
    let deep: unknown = 'core'
    for (let level = 0; level < 1000; level++) deep = level % 2 ? { a: deep } : [deep]
    expect(shown({ deep })).toContain('core')
  })
})
