import { describe, it } from 'vitest'
import { Breaker } from '../../../host/dispatch/breaker.ts'
import type { Query, Result } from '../../../sandboxes/contract.ts'
import { QueryFailure, type FailureCode } from '../../../sandboxes/failure.ts'

const RESULT: Result = { outcome: 'success', body: [], bodyBytes: 0 }

describe('a module that crashes again and again', () => {
  it('is off after the fifth crash within a minute, for five minutes', async ({ expect }) => {
    const world = makeWorld()
    for (let i = 0; i < 5; i += 1) expect(await world.ask('MODULE_CRASHED')).toBe('MODULE_CRASHED')
    expect([world.off, await world.ask()]).toEqual([['m'], 'SANDBOX_UNAVAILABLE'])
    expect(world.breaker.offUntil('m')).toBeGreaterThan(Date.now() + 290_000)
    world.clock += 299_000
    expect(await world.ask()).toBe('SANDBOX_UNAVAILABLE')
    world.clock += 2000
    expect([await world.ask(), world.breaker.offUntil('m')]).toEqual(['success', undefined])
  })

  it('is not, where the crashes are far apart or are none', async ({ expect }) => {
    const world = makeWorld()
    for (let i = 0; i < 20; i += 1) {
      world.clock += 16_000
      await world.ask('MODULE_CRASHED')
    }
    for (let i = 0; i < 20; i += 1) await world.ask(i % 2 === 0 ? 'MODULE_TIMED_OUT' : 'MODULE_THREW')
    expect(await world.ask()).toBe('success')
  })

  it('is on again with a new version', async ({ expect }) => {
    const world = makeWorld()
    for (let i = 0; i < 5; i += 1) await world.ask('MODULE_OUT_OF_MEMORY')
    world.version = 'second'
    expect([await world.ask(), world.breaker.offUntil('m')]).toEqual(['success', undefined])
  })

  it('costs no other module anything', async ({ expect }) => {
    const world = makeWorld()
    for (let i = 0; i < 5; i += 1) await world.ask('PROTOCOL_VIOLATION')
    expect(await world.ask(undefined, 'other')).toBe('success')
  })
})

function makeWorld() {
  const world = {
    clock: 0,
    version: 'first',
    off: [] as string[],
    breaker: undefined as unknown as Breaker,
    ask(code?: FailureCode, module = 'm') {
      const next = () => (code === undefined ? Promise.resolve(RESULT) : Promise.reject(new QueryFailure(code, 'on purpose')))
      const query: Query = { id: 'q', tenant: 'local', module, body: [], bodyBytes: 0, receivedAt: 0, deadline: Infinity }
      return world.breaker.layer(next)(query).then(({ outcome }) => outcome, ({ code: failed }: QueryFailure) => failed)
    },
  }
  world.breaker = new Breaker({ versionOf: () => world.version, turnedOff: (module) => void world.off.push(module), now: () => world.clock })
  return world
}
