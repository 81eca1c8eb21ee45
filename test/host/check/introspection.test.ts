import { beforeAll, describe, it } from 'vitest'
import { checkAttributes, type Entry } from '../../../host/check/attributes.ts'
import { findings } from '../../../host/check/finding.ts'
import { knowledge, type Knowledge } from '../../../host/check/knowledge.ts'
import { checkMeta } from '../../../host/check/meta.ts'
import { readMispFacts } from '../../../sandboxes/python/misp_facts.ts'
import { testPython } from '../../support/python.ts'

let known: Knowledge
beforeAll(async () => {
  known = knowledge(await readMispFacts(testPython()))
})

type Said = readonly string[]

/** Findings about one thing, each as `severity about: message`. */
function said(entry: Partial<Entry>): Said {
  const say = findings()
  const meta = { 'version': '1', 'author': 'a', 'description': 'd', 'module-type': ['expansion'], ...entry.meta }
  const whole: Entry = { name: 'm', type: 'expansion', mispattributes: { input: ['domain'], output: ['text'] }, ...entry, meta }
  checkAttributes(whole, known, say)
  checkMeta(whole, say)
  return say.all.map(({ severity, about, message }) => `${severity} ${about}: ${message}`)
}

describe('what the installed packages know', () => {
  it('is types, categories, relationships and templates, those of misp-modules among them', ({ expect }) => {
    expect(known.source).toMatch(/^pymisp \d/)
    expect(known.types.size).toBeGreaterThan(150)
    expect(known.categories.get('Network activity')?.has('ip-dst')).toBe(true)
    expect(known.relationships.has('related-to')).toBe(true)
    expect(known.defaultCategory('ip-dst')).toBe('Network activity')
    expect(known.templates('domain-ip')[0]?.relations).toMatchObject({ domain: 'domain', ip: 'ip-dst' })
    expect(known.templates('lookyloo-capture').length).toBeGreaterThan(0)
  })
})

describe('what a module says of itself', () => {
  it('passes without a word where nothing is wrong', ({ expect }) => {
    expect(said({})).toEqual([])
    expect(said({ mispattributes: { input: ['domain', 'sigmf-recording'], format: 'misp_standard' } })).toEqual([])
    expect(said({
      type: 'import_mod', mispattributes: { inputSource: ['file'], userConfig: { how: { type: 'Select', message: 'How', options: { a: 'A' } } } },
      meta: { 'module-type': ['import'] },
    })).toEqual([])
  })

  const wrong: readonly [string, Partial<Entry>, string][] = [
    ['an introspection that is no object', { mispattributes: null }, 'error mispattributes: expected introspection() to give an object, found null'],
    ['an input that MISP does not know', { mispattributes: { input: ['ip'], output: ['text'] } }, '; there are: ip-src, ip-dst'],
    ['a misspelt input', { mispattributes: { input: ['hostnam'], output: ['text'] } }, 'did you mean "hostname"?'],
    ['no input', { mispattributes: {} }, "error mispattributes.input: expected a list of types of attributes, found none: MISP's list of modules breaks without it"],
    ['an input that is a text', { mispattributes: { input: 'domain' } }, 'error mispattributes.input: expected a list of types of attributes, found "domain"'],
    ['an unknown output', { mispattributes: { input: ['url'], output: ['urll'] } }, 'warning mispattributes.output: "urll" is no type of attributes'],
    ['an unknown format', { mispattributes: { input: ['url'], format: 'misp-standard' } }, 'error mispattributes.format: expected "misp_standard"'],
    ['a misspelt key', { mispattributes: { input: ['url'], ouput: ['url'] } }, 'warning mispattributes.ouput: nobody reads this key; did you mean "output"?'],
    ['a field that the form does not have', { type: 'import_mod', mispattributes: { inputSource: [], userConfig: { a: { type: 'Bool', message: 'A' } } }, meta: { 'module-type': ['import'] } },
      'error mispattributes.userConfig.a.type: expected one of String, Integer, Boolean, IP, Select, found "Bool"'],
    ['a choice of nothing', { type: 'import_mod', mispattributes: { inputSource: [], userConfig: { a: { type: 'Select', message: 'A' } } }, meta: { 'module-type': ['import'] } },
      'error mispattributes.userConfig.a.options'],
    ['fields of a module that is asked none', { mispattributes: { input: ['url'], userConfig: { a: { type: 'String', message: 'A' } } } }, 'warning mispattributes.userConfig: MISP asks this of import modules only'],
    ['an export without a file', { type: 'export_mod', mispattributes: {}, meta: { 'module-type': ['export'] } }, 'error mispattributes.outputFileExtension'],
    ['an export without a media type', { type: 'export_mod', mispattributes: { outputFileExtension: 'csv', responseType: 'csv' }, meta: { 'module-type': ['export'] } }, 'error mispattributes.responseType'],
    ['an import without a source', { type: 'import_mod', mispattributes: {}, meta: { 'module-type': ['import'] } }, 'warning mispattributes.inputSource'],
    ['an action without parameters', { type: 'action_mod', mispattributes: { config: [] }, meta: { 'module-type': ['action'] } }, 'error mispattributes.config: expected an object with "params"'],
    ['a kind that is not that of the folder', { meta: { 'module-type': ['import'] } }, 'error meta.module-type: the folder expansion/ says expansion or hover, the module says import'],
    ['a kind that is a text', { meta: { 'module-type': 'expansion' } }, 'error meta.module-type: expected a list of expansion, hover, found "expansion"'],
    ['a setting that is no name', { meta: { config: [{ name: 'key' }] } }, 'error meta.config: expected a list of names'],
    ['a setting twice', { meta: { config: ['key', 'key'] } }, 'warning meta.config: expected each name once, found twice: key'],
    ['no description', { meta: { description: '' } }, 'warning meta.description: there is none'],
    ['a word of being warm that is none', { meta: { warm: 'yes' } }, 'warning meta.warm: expected true or false, found "yes": only true declares anything'],
    ['a misspelt description', { meta: { descrption: 'd' } }, 'warning meta.descrption: nobody reads this key; did you mean "description"?'],
    ['a name that MISP cannot keep settings under', { name: 'my.module' }, 'warning name: MISP keeps settings of a module under its name'],
  ]
  for (const [title, entry, expected] of wrong) {
    it(`is found wanting: ${title}`, ({ expect }) => {
      expect(said(entry).join('\n')).toContain(expected)
    })
  }

  it('is not compared with names where no package tells them', ({ expect }) => {
    const say = findings()
    checkAttributes({ name: 'm', type: 'expansion', mispattributes: { input: ['anything'], output: ['whatever'] }, meta: {} }, knowledge(undefined), say)
    expect(say.all).toEqual([])
  })
})
