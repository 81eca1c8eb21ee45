import { afterAll, beforeAll, describe, type ExpectStatic, it } from 'vitest'
import { startConfined } from '../support/confined_server.ts'
import { countsOf } from '../support/counts.ts'
import { CUSTOM_MODULES, kindsOf } from '../support/kinds.ts'
import { startServer } from '../support/our_server.ts'
import { PAIR_STARTS_WITHIN_MS, type ServerPair, startPair } from '../support/server_pair.ts'

describe('what a handler returns', () => {
  let pair: ServerPair
  let strict: Pick<ServerPair, 'ask'>
  beforeAll(async () => {
    pair = await startPair(startServer, CUSTOM_MODULES)
    strict = await pair.beside((options) => startConfined({ 'returns*': { enabled: true } }, options))
  }, PAIR_STARTS_WITHIN_MS)
  afterAll(() => pair?.[Symbol.asyncDispose]())

  const kinds = ['returns', 'returns_packages'].map((module) => ({ module, kinds: kindsOf(module) }))

  for (const { module, kinds: all } of kinds) {
    for (const kind of all) {
      it(`${module}: ${kind} is serialised as upstream does`, ({ expect }) => agrees(pair, module, kind, expect))
    }

    it(`${module}: the statistics call the same answers errors`, async ({ expect }) => {
      expect(await countsOf(pair.ours, module)).toEqual(await countsOf(pair.upstream, module))
    })
  }

  // After the statistics: these queries count there as well.
  for (const { module, kinds: all } of kinds) {
    for (const kind of all) {
      it(`${module}: ${kind} is serialised as upstream does in the profile strict`, ({ expect }) => agrees(strict, module, kind, expect))
    }
  }
})

async function agrees(pair: Pick<ServerPair, 'ask'>, module: string, kind: string, expect: ExpectStatic): Promise<void> {
  const { difference } = await pair.ask({ module, kind }, kind.startsWith('misp_') ? 'uuids' : 'same')
  expect(difference).toBeUndefined()
}
