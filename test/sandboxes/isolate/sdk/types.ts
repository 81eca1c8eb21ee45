/** What the types of the SDK promise and refuse: checked by `tsc`, never run. */
import { defineModule, errorAnswer, exportAnswer, mispResults, objectTemplate, simpleAnswer } from 'misp-module-host/sdk'
import { ask } from 'misp-module-host/sdk/testing'

const texts = { name: 'n', version: '1', author: 'a', description: 'd' }

/** Compiles only where both types are the same. */
function same<A>(): <B>(...differ: [A] extends [B] ? ([B] extends [A] ? [] : [never]) : [never]) => void {
  return () => {}
}

export const simple = defineModule({
  info: { ...texts, 'module-type': ['expansion', 'hover'] },
  attributes: { input: ['domain', 'ip-src'], output: ['text'] },
  config: ['api_key'],
  handler(query, context) {
    same<string | undefined>()<typeof context.config.api_key>()
    same<'domain' | 'ip-src'>()<typeof context.input.type>()
    same<string>()<typeof context.input.value>()
    // @ts-expect-error: not declared
    void context.config.api_kee
    // @ts-expect-error: no input of it
    void query.md5
    if (query.domain !== undefined) {
      same<string>()<typeof query.domain>()
      same<undefined>()<(typeof query)['ip-src']>()
    } else {
      same<string>()<(typeof query)['ip-src']>()
    }
    return simpleAnswer({ types: ['text'], values: [context.input.value] })
  },
})

export const one = defineModule({
  info: { ...texts, 'module-type': ['expansion'] },
  attributes: { input: ['md5'] },
  config: { url: 'where it is', key: 'who asks' },
  handler(query, { config }) {
    same<string>()<typeof query.md5>()
    same<string | undefined>()<typeof config.url>()
    return config.key === undefined ? errorAnswer('no key') : { results: [{ types: ['text'], values: [query.md5] }] }
  },
})

const Url = objectTemplate({ name: 'url', uuid: 'u', version: 1, metaCategory: 'network', attributes: { url: 'url', port: { type: 'port', disable_correlation: true } } })

export const standard = defineModule({
  info: { ...texts, 'module-type': ['expansion'] },
  attributes: { input: ['url', 'uri'], format: 'misp_standard' },
  async handler({ attribute }, context) {
    same<'url' | 'uri'>()<typeof attribute.type>()
    same<{ exchange: string; priority: number }[]>()<Awaited<ReturnType<typeof mx>>>()
    const mx = () => context.dns.resolve('a.example', 'MX')
    await context.fetch('https://a.example', { signal: context.signal })
    const results = mispResults(attribute)
    results.object(Url).add('url', attribute.value).add('port', [80, 443]).refer(attribute, 'related-to')
    // @ts-expect-error: the template has no such relation
    results.object(Url).add('host', 'a.example')
    return results.answer()
  },
  objectHandler({ object }) {
    same<string>()<typeof object.name>()
    return { results: {} }
  },
})

export const imports = defineModule({
  info: { ...texts, 'module-type': ['import'] },
  attributes: { inputSource: ['file'], userConfig: { header: { type: 'Boolean' }, column: { type: 'Integer' }, separator: { type: 'String' } } },
  config: ['url'],
  handler(query, { config }) {
    same<string>()<typeof query.data>()
    same<boolean>()<typeof config.header>()
    same<number | undefined>()<typeof config.column>()
    same<string | undefined>()<typeof config.separator>()
    same<string | undefined>()<typeof config.url>()
    return simpleAnswer()
  },
})

export const exports = defineModule({
  info: { ...texts, 'module-type': ['export'] },
  attributes: { responseType: 'text/plain', outputFileExtension: 'txt' },
  handler: (query) => exportAnswer(query.data.map((event) => event.Attribute?.[0]?.value ?? '').join('\n')),
})

export const action = defineModule({
  info: { ...texts, 'module-type': ['action'] },
  attributes: { config: { params: { url: { type: 'string', description: 'where to' } }, blocking: false } },
  handler(query) {
    same<string | undefined>()<typeof query.params.url>()
    // @ts-expect-error: no such parameter
    void query.params.uri
    return { data: true }
  },
})

defineModule({
  // @ts-expect-error: only expansion and hover go together
  info: { ...texts, 'module-type': ['import', 'export'] },
  // @ts-expect-error: and then no attributes fit
  attributes: { inputSource: [] },
  handler: () => simpleAnswer(),
})

defineModule({
  info: { ...texts, 'module-type': ['expansion'] },
  // @ts-expect-error: those of an import
  attributes: { inputSource: ['file'] },
  handler: () => simpleAnswer(),
})

defineModule({
  info: { ...texts, 'module-type': ['expansion'] },
  attributes: { input: ['domain'], format: 'misp_standard' },
  // @ts-expect-error: the answer of the other format
  handler: () => simpleAnswer(),
})

defineModule({
  info: { ...texts, 'module-type': ['export'] },
  attributes: { responseType: 'text/plain', outputFileExtension: 'txt' },
  // @ts-expect-error: an export answers data
  handler: () => ({ results: [] }),
})

// @ts-expect-error: a template needs its uuid
objectTemplate({ name: 'url', version: 1, metaCategory: 'network', attributes: {} })

export async function asks(): Promise<readonly string[] | undefined> {
  const answer = await ask(simple, { domain: 'a.example' }, { dns: { resolve: async () => [] }, timeoutMs: 5 })
  // @ts-expect-error: a timeout is milliseconds
  await ask(simple, {}, { timeoutMs: '5' })
  return answer.results?.[0]?.values
}
