import { afterAll, beforeAll, describe, type ExpectStatic, it } from 'vitest'
import { startConfined } from '../support/confined_server.ts'
import { countsOf } from '../support/counts.ts'
import { CUSTOM_MODULES, kindsOf } from '../support/kinds.ts'
import { startServer } from '../support/our_server.ts'
import { PAIR_STARTS_WITHIN_MS, type ServerPair, startPair } from '../support/server_pair.ts'
import { NOT_IN_STRICT, STARTS_PROCESSES } from './not_in_strict.ts'

/** Requests to the modules of the cast whose answer depends on which function runs, and on how it ends. */
const DISPATCH: readonly (readonly [about: string, body: object | string])[] = [
  ['dict_handler alone', { module: 'dict_only', number: 5 }],
  ['a number too large for 64 bits', '{"module":"dict_only","number":18446744073709551616}'],
  ['a negative zero', '{"module":"dict_only","number":-0}'],
  ['a key that comes twice', '{"module":"constant","module":"dict_only","number":1,"number":2}'],
  ['dict_handler before handler', { module: 'dict_and_handler', run: 'a' }],
  ['AttributeError in dict_handler runs handler', { module: 'dict_and_handler', run: 'b', raise: 'attribute' }],
  ['another error in dict_handler does not run handler', { module: 'dict_and_handler', run: 'c', raise: 'value' }],
  ['AttributeError in dict_handler without a handler', { module: 'dict_attribute_error' }],
  ['a handler without a default', { module: 'typed_handler' }],
  ['the body as it came', ' {"module" : "echo","text":"é\\n\\u00e9","number":18446744073709551616, "text":1e2 }\r\n'],
  ['a module whose name is no identifier', { module: 'my-mod.v2' }],
  ['a promoted library', { module: 'lib_import' }],
  ['helpers by their absolute name', { module: 'package_import', attribute: { type: 'text', value: 'v', uuid: 'u' } }],
  ['helpers that refuse', { module: 'package_import', attribute: {} }],
  ['output on every descriptor', { module: 'prints' }],
  ['an import module', { module: 'import_lines', data: Buffer.from('192.0.2.1\n192.0.2.2').toString('base64') }],
  ['an export module', { module: 'export_values', data: [{ Attribute: [{ value: 'a' }, { value: 'é' }] }] }],
  ['an action module', { module: 'acts', params: {} }],
  ['an action module that refuses', { module: 'acts', params: { error: 'no' } }],
  ['a handler that is late', { module: 'sleeper', seconds: 3, timeout: 1 }],
  ['no time at all', { module: 'constant', timeout: 0 }],
  ['no such module', { module: 'nobody' }],
  ['a helper of the package', { module: '_helper' }],
]

describe('how a handler ends', () => {
  let pair: ServerPair
  let strict: Pick<ServerPair, 'ask'>
  beforeAll(async () => {
    pair = await startPair(startServer, CUSTOM_MODULES)
    strict = await pair.beside((options) => startConfined(Object.fromEntries([...asked()].map((name) => [name, { enabled: true, processes: STARTS_PROCESSES.has(name) }])), options))
  }, PAIR_STARTS_WITHIN_MS)
  afterAll(() => pair?.[Symbol.asyncDispose]())
  const kinds = kindsOf('raises')

  for (const kind of kinds) it(`raising ${kind} is answered as upstream does`, ({ expect }) => agrees(pair, { module: 'raises', kind }, expect))

  it('the statistics call the same exceptions timeouts', async ({ expect }) => {
    expect(await countsOf(pair.ours, 'raises')).toEqual(await countsOf(pair.upstream, 'raises'))
  })

  for (const [about, body] of DISPATCH) it(`${about} is answered as upstream does`, ({ expect }) => agrees(pair, body, expect))

  // After the statistics: these queries count there as well.
  for (const kind of kinds) {
    it(`raising ${kind} is answered as upstream does in the profile strict`, ({ expect }) => agrees(strict, { module: 'raises', kind }, expect))
  }
  for (const [about, body] of DISPATCH) {
    const instead = NOT_IN_STRICT[about]
    if (instead === undefined) it(`${about} is answered as upstream does in the profile strict`, ({ expect }) => agrees(strict, body, expect))
    else {
      it(`${about} is not in the profile strict: it ${instead.why}`, async ({ expect }) => {
        expect((await strict.ask(body as object)).ours.body.toString()).toContain(instead.holds)
      })
    }
  }
})

async function agrees(pair: Pick<ServerPair, 'ask'>, body: object | string, expect: ExpectStatic): Promise<void> {
  const { difference } = await pair.ask(typeof body === 'string' ? Buffer.from(body) : body)
  expect(difference).toBeUndefined()
}

/** The modules of these requests. */
function asked(): Set<string> {
  const bodies = DISPATCH.map(([, body]) => (typeof body === 'string' ? (JSON.parse(body) as object) : body) as { module: string })
  return new Set(['raises', ...bodies.map(({ module }) => module)])
}
