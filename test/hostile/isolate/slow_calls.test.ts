import { afterAll, beforeAll, describe, it } from 'vitest'
import { askFor, expectWell, runnersOf, startIsolates } from '../../support/hostile_isolates.ts'
import type { HostileServer } from '../../support/hostile_server.ts'
import { eventually } from '../../support/processes.ts'
import { serve } from '../../sandboxes/egress/servers.ts'

/** Time for a call of the host, in seconds. */
const CALL = 2
/** A liveness bound: calls have two seconds, and queries one. */
const SOON_MS = 20_000

describe('a call of the host that takes its time', () => {
  let host: HostileServer
  beforeAll(async () => {
    // An isolate for each query: it is gone as soon as the query is over.
    host = await startIsolates(['asks_others'], {
      egress: { requestSeconds: CALL }, isolates: { fresh: true }, modules: { asks_others: { networks: ['127.0.0.0/8'] } },
    })
  })
  afterAll(() => host?.[Symbol.asyncDispose]())

  it('ends at its own deadline, and the query goes on (B8)', async ({ expect }) => {
    await using server = await serve(() => {})
    const { outcome, results, answer } = await askFor(host, 'asks_others', 'and says how that ended', { url: server.url, timeout: 40 })
    expect({ outcome, results }).toEqual({ outcome: 'success', results: 'timeout' })
    expect(answer.ms).toBeLessThan(SOON_MS)
  })

  it('does not keep a query beyond its deadline, and ends with it (B8)', async ({ expect }) => {
    let [begun, ended] = [0, 0]
    await using server = await serve((request) => {
      begun += 1
      request.socket.once('close', () => { ended += 1 })
    })
    const { outcome, answer } = await askFor(host, 'asks_others', 'and waits on although it is told that its time is over', { url: server.url, timeout: 1 })
    expect(outcome).toBe('MODULE_TIMED_OUT')
    expect(answer.ms).toBeLessThan(SOON_MS)
    await eventually(() => expect(begun).toBe(1))
    await eventually(() => expect(ended).toBe(1))
    await expectWell(host)
  })

  it.for([
    ['and answers before it has heard', 'success'],
    ['as often as it may, and then loops', 'MODULE_TIMED_OUT'],
  ] as const)('and is answered when its isolate is gone harms neither its process nor the next query: %s', async ([how, outcome], { expect }) => {
    await using server = await serve((_request, response) => void setTimeout(() => response.end('late'), Math.random() * 200))
    await askFor(host, 'asks_others', 'not at all')
    const before = runnersOf(host)
    const all = await Promise.all(Array.from({ length: 6 }, () => askFor(host, 'asks_others', how, { url: server.url, timeout: outcome === 'success' ? 20 : 1 })))
    expect(new Set(all.map((each) => each.outcome))).toEqual(new Set([outcome]))
    expect(await askFor(host, 'asks_others', 'not at all')).toMatchObject({ outcome: 'success', results: 'well' })
    if (outcome === 'success') expect(runnersOf(host)).toEqual(expect.arrayContaining(before))
    // Nobody hears of what comes too late, and nothing was a bug of the runner.
    const [told] = all
    if (outcome === 'success') expect(host.printed(told!.answer)).toEqual([])
    expect(host.server.log()).not.toContain('because of a bug')
    await expectWell(host)
  })
})
