import { afterAll, beforeAll, describe, it } from 'vitest'
import { countsOf } from '../support/counts.ts'
import { CUSTOM_MODULES, kindsOf } from '../support/kinds.ts'
import { startServer } from '../support/our_server.ts'
import { PAIR_STARTS_WITHIN_MS, type ServerPair, startPair } from '../support/server_pair.ts'

describe('what a handler returns', () => {
  let pair: ServerPair
  beforeAll(async () => {
    pair = await startPair(startServer, CUSTOM_MODULES)
  }, PAIR_STARTS_WITHIN_MS)
  afterAll(() => pair?.[Symbol.asyncDispose]())

  for (const module of ['returns', 'returns_packages']) {
    for (const kind of kindsOf(module)) {
      it(`${module}: ${kind} is serialised as upstream does`, async ({ expect }) => {
        const { difference } = await pair.ask({ module, kind }, kind.startsWith('misp_') ? 'uuids' : 'same')
        expect(difference).toBeUndefined()
      })
    }

    it(`${module}: the statistics call the same answers errors`, async ({ expect }) => {
      expect(await countsOf(pair.ours, module)).toEqual(await countsOf(pair.upstream, module))
    })
  }
})
