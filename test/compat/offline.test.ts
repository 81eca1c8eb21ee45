import { afterAll, beforeAll, describe, type ExpectStatic, it } from 'vitest'
import { serve, type Listening } from '../sandboxes/egress/servers.ts'
import { opened } from '../support/agreement.ts'
import { startConfined } from '../support/confined_server.ts'
import { startServer } from '../support/our_server.ts'
import { makeSamples, type Samples } from '../support/samples.ts'
import { PAIR_STARTS_WITHIN_MS, type ServerPair, startPair } from '../support/server_pair.ts'
import { NOT_IN_STRICT, STARTS_PROCESSES, titleOf } from './not_in_strict.ts'
import type { OfflineCase } from './offline_case.ts'
import { OFFLINE_MODULES } from './offline_modules.ts'
import { PROVIDED, provide } from './provided.ts'

type Asked = Pick<OfflineCase, 'module' | 'about' | 'agreement' | 'holds'> & { readonly body: () => object }

describe('modules that need no network, or a provider of their own', () => {
  let trusted: ServerPair
  let strict: Pick<ServerPair, 'ask'>
  let samples: Samples
  let provider: Listening
  beforeAll(async () => {
    provider = await serve((request, response) => {
      const answer = provide(request.url ?? '', request.headers.authorization)
      response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(answer ?? {}))
    });
    [trusted, samples] = await Promise.all([startPair(startServer), makeSamples()])
    strict = await trusted.beside((options) => startConfined(entries(), options))
  }, PAIR_STARTS_WITHIN_MS)
  afterAll(async () => {
    await Promise.all([trusted?.[Symbol.asyncDispose](), samples?.[Symbol.asyncDispose](), provider?.[Symbol.asyncDispose]()])
  })

  const cases: readonly Asked[] = [
    ...OFFLINE_MODULES.map((asked) => ({ ...asked, body: () => asked.body(samples) })),
    ...PROVIDED.map((asked) => ({ ...asked, body: () => asked.body(provider.port) })),
  ]

  for (const asked of cases) {
    it(`${titleOf(asked)} answers as upstream does`, ({ expect }) => agrees(trusted, asked, expect))
  }

  for (const asked of cases) {
    const instead = NOT_IN_STRICT[titleOf(asked)]
    if (instead === undefined) it(`${titleOf(asked)} answers as upstream does in the profile strict`, ({ expect }) => agrees(strict, asked, expect))
    else {
      it(`${titleOf(asked)} does not in the profile strict: it ${instead.why}`, async ({ expect }) => {
        const { ours } = await strict.ask({ module: asked.module, ...asked.body() })
        expect(ours.body.toString()).toContain(instead.holds)
      })
    }
  }

  async function agrees(pair: Pick<ServerPair, 'ask'>, { module, body, agreement, holds }: Asked, expect: ExpectStatic): Promise<void> {
    const { upstream, difference } = await pair.ask({ module, ...body() }, agreement)
    expect(opened(upstream.body.toString())).toContain(holds)
    expect(difference).toBeUndefined()
  }

  /** The modules that are asked, with what those that ask the provider are granted. */
  function entries(): Record<string, object> {
    const granted = { hosts: ['127.0.0.1'], networks: ['127.0.0.1/32'], ports: [provider.port] }
    return Object.fromEntries([...OFFLINE_MODULES.map(({ module }) => [module, { enabled: true, processes: STARTS_PROCESSES.has(module) }] as const),
      ...PROVIDED.map(({ module }) => [module, { enabled: true, ...granted }] as const)])
  }
})
