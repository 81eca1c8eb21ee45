import { describe, it } from 'vitest'
import { defineModule, errorAnswer, exportAnswer, importedText, mispResults, ModuleError, objectTemplate, simpleAnswer } from 'misp-module-host/sdk'
import { ask } from 'misp-module-host/sdk/testing'
import { attribute } from '../../../modules/case.ts'

const TEXTS = { name: 'n', version: '1', author: 'a', description: 'd' }
const DomainIp = objectTemplate({
  name: 'domain-ip', uuid: '43b3b146-77eb-4931-b4cc-b66c60f28734', version: 11, metaCategory: 'network',
  attributes: { domain: 'domain', ip: 'ip-dst', text: { type: 'text', disable_correlation: true, tags: ['of the template'] } },
})

/** What a stranger may give, whatever the types say. */
const define = (definition: unknown) => () => defineModule(definition as never)

describe('defineModule', () => {
  it('makes upstream\'s three functions', async ({ expect }) => {
    const module = defineModule({
      info: { ...TEXTS, 'module-type': ['expansion', 'hover'], references: ['https://a.example'] },
      attributes: { input: ['domain'], output: ['text'] },
      config: { key: 'who asks' },
      handler: (query, { input, config }) => simpleAnswer({ types: ['text'], values: [query.domain, input.type, config.key ?? 'none'] }),
    })
    expect(module.introspection()).toEqual({ input: ['domain'], output: ['text'] })
    expect(module.version()).toEqual({
      ...TEXTS, 'module-type': ['expansion', 'hover'], references: ['https://a.example'], logo: '', requirements: [], features: '', input: '', output: '',
      config: ['key'], config_descriptions: { key: 'who asks' },
    })
    expect(await ask(module, { domain: 'a.example', config: { key: null, other: 'x' } })).toEqual({ results: [{ types: ['text'], values: ['a.example', 'domain', 'none'] }] })
  })

  it('of an action gives the parameters where MISP reads them', ({ expect }) => {
    const config = { params: { url: { type: 'string' } } } as const
    const module = defineModule({ info: { ...TEXTS, 'module-type': ['action'] }, attributes: { config }, handler: () => ({ data: true }) })
    expect([module.introspection()['config'], module.version()['config']]).toEqual([config, config])
  })

  it('says what a definition should have been', ({ expect }) => {
    const info = { ...TEXTS, 'module-type': ['expansion'] }
    const attributes = { input: ['domain'] }
    const handler = () => ({})
    const WRONG: readonly (readonly [unknown, string])[] = [
      [undefined, 'what defineModule is given should be an object, and is missing'],
      [{ info: { ...info, author: 7 } }, '"info.author" should be a text, and is a number'],
      [{ info: { ...info, warm: 'yes' } }, '"info.warm" should be true or false, and is a text'],
      [{ info: { ...info, 'module-type': ['expanse'] } }, '"info.module-type" should hold some of expansion, hover, import, export, action, and holds "expanse"'],
      [{ info: { ...info, 'module-type': ['expansion', 'import'] } }, '"info.module-type" should be of one kind, and is expansion and import: only expansion and hover go together'],
      [{ info, attributes: { input: 'domain' } }, '"attributes.input" should be an array of texts, and is a text'],
      [{ info, attributes: { input: [] } }, '"attributes.input" is empty: MISP would offer the module nowhere'],
      [{ info, attributes: { ...attributes, format: 'misp' } }, '"attributes.format" should be "misp_standard" or not there, and is "misp"'],
      [{ info, attributes, config: [7] }, 'each name in "config" should be a text, and is a number'],
      [{ info, attributes }, '"handler" should be a function, and is missing'],
      [{ info, attributes, handler, objectHandler: handler }, '"objectHandler" needs "format": "misp_standard" in "attributes"'],
      [{ info: { ...info, 'module-type': ['import'] }, attributes: { inputSource: ['url'] } }, '"attributes.inputSource" should hold "file" or "paste", and holds "url"'],
      [{ info: { ...info, 'module-type': ['import'] }, attributes: { inputSource: [], userConfig: { a: { type: 'Text' } } } }, '"type" of "a" in "attributes.userConfig" should be String, Boolean or Integer, and is "Text"'],
      [{ info: { ...info, 'module-type': ['export'] }, attributes: {} }, '"attributes.responseType" should be a text, and is missing'],
      [{ info: { ...info, 'module-type': ['action'] }, attributes: { config: {} } }, '"attributes.config.params" should be an object, and is missing'],
    ]
    for (const [definition, message] of WRONG) expect(define(definition), message).toThrow(new TypeError(message))
  })

  it('converts what the user fills in for an import', async ({ expect }) => {
    const seen: unknown[] = []
    const module = defineModule({
      info: { ...TEXTS, 'module-type': ['import'] },
      attributes: { inputSource: ['file'], userConfig: { header: { type: 'Boolean', checked: true }, column: { type: 'Integer', default: 3 }, name: { type: 'String' } } },
      handler(query, { config }) {
        seen.push(config, importedText(query))
        return simpleAnswer()
      },
    })
    await ask(module, { data: 'aGk=', config: { header: '0', column: ' 12 ', name: 'x' } })
    await ask(module, { data: '77u/aGk=' })
    expect(seen).toEqual([{ header: false, column: 12, name: 'x' }, 'hi', { header: true, column: 3 }, 'hi'])
    expect(await ask(module, { data: 'aGk=', config: { column: '1.5' } })).toEqual({ error: 'The setting "column" should be a whole number, and is "1.5".', results: [] })
  })

  it('takes an object to the handler for objects', async ({ expect }) => {
    const module = defineModule({
      info: { ...TEXTS, 'module-type': ['expansion'] },
      attributes: { input: ['domain', 'file'], format: 'misp_standard' },
      handler: () => errorAnswer('an attribute'),
      objectHandler: ({ object }) => errorAnswer(`the object ${object.name}`),
    })
    expect(await ask(module, { object: { name: 'file' } })).toMatchObject({ error: 'the object file' })
    expect(await ask(module, { attribute: attribute('domain', 'a.example'), object: {} })).toMatchObject({ error: 'an attribute' })
  })

  it('makes an answer of a ModuleError and lets a bug be one', async ({ expect }) => {
    const failing = (error: Error) => defineModule({
      info: { ...TEXTS, 'module-type': ['expansion'] }, attributes: { input: ['domain'] },
      handler() {
        throw error
      },
    })
    expect(await ask(failing(new ModuleError('no key')), { domain: 'a' })).toEqual({ error: 'no key', results: [] })
    await expect(ask(failing(new RangeError('a bug')), { domain: 'a' })).rejects.toThrow(new RangeError('a bug'))
  })
})

describe('mispResults', () => {
  it('gathers objects with references and tags, and puts in what is referred to', ({ expect }) => {
    const asked = attribute('domain', 'a.example')
    const results = mispResults(asked)
    const ip = results.attribute('ip-dst', '192.0.2.1', { to_ids: false, tags: ['one'] })
    const empty = results.object(DomainIp)
    const object = results.object(DomainIp, { comment: 'c' }).add('domain', 'a.example').add('ip', ['192.0.2.1', undefined, '']).add('text', 7, { comment: 'seven' })
    object.refer(asked, 'related-to').refer(ip, 'resolves-to').refer(empty, 'contains')
    results.tag('tlp:clear')
    results.tag('two', ip)
    results.tag('two', ip)
    const uuid = expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/) as string
    const reference = { uuid, object_uuid: object.uuid }
    expect(results.attribute('ip-dst', '192.0.2.1')).toBe(ip)
    expect(results.answer()).toEqual({
      results: {
        Attribute: [
          { uuid: asked.uuid, type: 'domain', value: 'a.example', category: 'Network activity', to_ids: true, comment: '' },
          { uuid, type: 'ip-dst', value: '192.0.2.1', to_ids: false, Tag: [{ name: 'one' }, { name: 'two' }] },
        ],
        Object: [{
          uuid: object.uuid, name: 'domain-ip', 'meta-category': 'network', template_uuid: DomainIp.uuid, template_version: '11', comment: 'c',
          Attribute: [
            { uuid, object_relation: 'domain', type: 'domain', value: 'a.example' },
            { uuid, object_relation: 'ip', type: 'ip-dst', value: '192.0.2.1' },
            { uuid, object_relation: 'text', type: 'text', value: '7', disable_correlation: true, comment: 'seven', Tag: [{ name: 'of the template' }] },
          ],
          ObjectReference: [
            { ...reference, referenced_uuid: asked.uuid, relationship_type: 'related-to' }, { ...reference, referenced_uuid: ip.uuid, relationship_type: 'resolves-to' },
          ],
        }],
        Tag: [{ name: 'tlp:clear' }],
      },
    })
  })

  it('leaves out what nobody refers to', ({ expect }) => {
    const results = mispResults(attribute('domain', 'a.example'))
    results.object(DomainIp).add('domain', null).add('text', new Date('never'))
    expect(results.answer()).toEqual({ results: {} })
  })

  it('says what was wrong', ({ expect }) => {
    const results = mispResults()
    const any = (value: unknown) => value as never
    expect(() => results.object(DomainIp).add(any('host'), 'x')).toThrow('the template "domain-ip" has no relation "host" here; it has domain, ip, text')
    expect(() => results.object(DomainIp).add('ip', any({}))).toThrow('a value should be a text, number, boolean or Date, and is an object')
    expect(() => results.object(DomainIp).refer(any({}), 'x')).toThrow('a reference should be to something with a uuid, and is to an object')
    expect(() => results.attribute('domain', '')).toThrow('the value of an attribute (domain) should be a text, and is an empty text')
    expect(() => results.tag('x', attribute('domain', 'a'))).toThrow('the tag "x" is for an attribute that is not in this answer; there are 0')
    expect(() => objectTemplate(any({ name: 'x', uuid: 'y', version: '1' }))).toThrow('"version" of an object template should be a number, and is a text')
  })
})

describe('simple answers, exports and imports', () => {
  it('leave out empty and repeated values', ({ expect }) => {
    expect(simpleAnswer({ types: ['text'], values: ['a', '', 'a', 'b'] }, { types: ['text'], values: [] })).toEqual({ results: [{ types: ['text'], values: ['a', 'b'] }] })
  })

  it('say which result is wrong', ({ expect }) => {
    const wrong = (result: unknown) => () => simpleAnswer({ types: ['text'], values: [] }, result as never)
    expect(wrong({ types: 'text', values: [] })).toThrow('"types" of result 1 should be an array of texts, and is a text')
    expect(wrong({ types: ['text'], values: [7] })).toThrow('"values" of result 1 should hold texts, and holds a number')
    expect(wrong({ types: [], values: [] })).toThrow('"types" of result 1 is empty: MISP would not know what to store')
  })

  it('carry bytes and text both ways, of any length', ({ expect }) => {
    const text = 'häß€😀'.repeat(20_000)
    expect(importedText(exportAnswer(text))).toBe(text)
    expect(exportAnswer(new Uint8Array([0, 255]))).toEqual({ response: [], data: 'AP8=' })
    expect(() => exportAnswer(7 as never)).toThrow('exportAnswer wants a text or a Uint8Array, not a number')
  })
})

describe('ask', () => {
  const upstreamShaped = {
    introspection: () => ({}), version: () => ({}),
    handler: async (_query: unknown, { signal, fetch, dns, config }: { signal: AbortSignal; fetch: (url: string) => Promise<Response>; dns: { resolve: (name: string, type: string) => Promise<unknown> }; config: object }) => ({
      aborted: signal.aborted, body: await (await fetch('http://a.example/')).text(), addresses: await dns.resolve('a.example', 'A'), config, nothing: undefined,
    }),
  }

  it('gives a module of any shape a context, and the answer as JSON would', async ({ expect }) => {
    const options = { fetch: async () => new Response('hello'), dns: { resolve: async (name: string) => [name] }, config: { b: '2' } }
    const answer = { aborted: false, body: 'hello', addresses: ['a.example'], config: { a: '1', b: '2' } }
    expect(await ask(upstreamShaped, { config: { a: '1' } }, options)).toEqual(answer)
    expect(await ask({ default: upstreamShaped }, { config: { a: '1' } }, options)).toEqual(answer)
  })

  it('ends at its deadline, and so does what the module waits for', async ({ expect }) => {
    const { promise: told, resolve } = Promise.withResolvers<boolean>()
    const never = { handler: async (_query: unknown, { signal }: { signal: AbortSignal }) => {
      signal.addEventListener('abort', () => resolve(true))
      await new Promise(() => {})
    } }
    await expect(ask(never, {}, { timeoutMs: 20 })).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(await told).toBe(true)
  })

  it('says that something is no module, and that an answer is none', async ({ expect }) => {
    await expect(ask({ handle: 1 }, {})).rejects.toThrow('ask wants a module with a function "handler"; this has handle')
    await expect(ask({ handler: () => undefined }, {})).rejects.toThrow('the handler should answer something that JSON can hold, and answered undefined')
  })
})
