import { afterAll, beforeAll, describe, it } from 'vitest'
import { opened } from '../support/agreement.ts'
import { startServer } from '../support/our_server.ts'
import { makeSamples, type Samples } from '../support/samples.ts'
import { PAIR_STARTS_WITHIN_MS, type ServerPair, startPair } from '../support/server_pair.ts'
import { OFFLINE_MODULES } from './offline_modules.ts'

describe('modules that need no network', () => {
  let pair: ServerPair
  let samples: Samples
  beforeAll(async () => {
    [pair, samples] = await Promise.all([startPair(startServer), makeSamples()])
  }, PAIR_STARTS_WITHIN_MS)
  afterAll(async () => {
    await Promise.all([pair?.[Symbol.asyncDispose](), samples?.[Symbol.asyncDispose]()])
  })

  for (const { module, about, body, agreement, holds } of OFFLINE_MODULES) {
    it(`${module}${about === undefined ? '' : ` (${about})`} answers as upstream does`, async ({ expect }) => {
      const { upstream, difference } = await pair.ask({ module, ...body(samples) }, agreement)
      expect(opened(upstream.body.toString())).toContain(holds)
      expect(difference).toBeUndefined()
    })
  }
})
