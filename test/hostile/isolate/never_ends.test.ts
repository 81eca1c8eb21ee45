import { afterAll, beforeAll, describe, it } from 'vitest'
import { ANSWERS, type HostileServer } from '../../support/hostile_server.ts'
import { askFor, expectWell, startIsolates } from '../../support/hostile_isolates.ts'

/** A liveness bound: the queries have half a second. */
const SOON_MS = 15_000

describe('a query that never ends is ended at its deadline, and its runner serves on (J1-J5, J15)', () => {
  let host: HostileServer
  beforeAll(async () => {
    host = await startIsolates(['never_ends', 'settles_strangely'])
  })
  afterAll(() => host?.[Symbol.asyncDispose]())

  it.for([
    'loops', 'matches a catastrophic pattern', 'loops after a call of the host', 'waits for a promise that nobody settles',
    'answers with a thenable that never settles', 'answers with a thenable that loops', 'answers with a proxy that loops',
    'has a toJSON that loops', 'has a getter that loops', 'throws what loops when it is looked at', 'loops where stacks are prepared',
    'loops when it is told that its time is over', 'loops in a timer',
  ])('%s', async (how, { expect }) => {
    const { answer, outcome, blame } = await askFor(host, 'never_ends', how, { timeout: 0.5 })
    expect({ outcome, blame, body: answer.body }).toEqual({ outcome: 'MODULE_TIMED_OUT', blame: 'module', body: ANSWERS.timeout })
    expect(answer.ms).toBeLessThan(SOON_MS)
    await expectWell(host)
  })

  it.for(['awaits without end', 'chains promises without end', 'makes an array out of a length', 'compiles code without end'])('%s, unless its memory is used up before', async (how, { expect }) => {
    const { answer, outcome } = await askFor(host, 'never_ends', how, { timeout: 0.5 })
    expect(['MODULE_TIMED_OUT', 'MODULE_OUT_OF_MEMORY']).toContain(outcome)
    expect(answer.ms).toBeLessThan(SOON_MS)
    await expectWell(host)
  })

  it.for(['loops', 'loops after a call of the host', 'waits for a promise that nobody settles'])('its process stays, and answers the next one: %s (J1)', async (how, { expect }) => {
    const pids = [await pidOf(host)]
    // Where the machine is so busy that the isolate is not stopped in a quarter of a second, the process is ended as well.
    for (let tries = 3; tries > 0; tries -= 1) {
      expect((await askFor(host, 'never_ends', how, { timeout: 0.5 })).outcome).toBe('MODULE_TIMED_OUT')
      pids.push(await pidOf(host))
      if (pids.at(-1) === pids.at(-2)) break
    }
    expect(pids.at(-1)).toBe(pids.at(-2))
  })

  it('an endless chain of thenables', async ({ expect }) => {
    expect(await askFor(host, 'settles_strangely', 'an endless chain of thenables', { timeout: 0.5 })).toMatchObject({ outcome: 'MODULE_TIMED_OUT' })
  })

  it.for([
    ['a thenable that settles twice', 'success', 'first'],
    ['a thenable that throws after it has settled', 'success', 'first'],
    ['an async generator', 'success', {}],
    ['a function', 'success', undefined],
    ['a proxy', 'success', [1, 2]],
    ['a bigint', 'BAD_RESULT', undefined],
    ['a revoked proxy', 'MODULE_THREW', undefined],
  ] as const)('an answer is taken once: %s', async ([how, outcome, results], { expect }) => {
    expect(await askFor(host, 'settles_strangely', how)).toMatchObject({ outcome, results })
  })
})

/** The process that answers queries of the module now: what it prints is logged with that. */
async function pidOf(host: HostileServer): Promise<number> {
  const { answer: { id } } = await askFor(host, 'never_ends', 'only prints')
  const line = host.log().find(({ reqId, msg }) => reqId === id && msg === 'here')
  return line?.['pid'] as number
}
