import { afterAll, beforeAll, describe, it } from 'vitest'
import type { HostileServer } from '../../support/hostile_server.ts'
import { askFor, expectWell, peakOf, runnersOf, startIsolates } from '../../support/hostile_isolates.ts'

/** What the settings allow to a runner of one query, 256 MB and a heap of 64, besides what it has when it is loaded. */
const LIMIT_MB = 256 + 64
const LOADED_MB = 80
/** What may be taken between two looks at it, 50 ms apart, on a machine that does other things as well. */
const SLACK_MB = 120
/** A liveness bound, in seconds: none of these has to be ended by it. */
const timeout = 40

describe('a query that takes memory', () => {
  let host: HostileServer
  beforeAll(async () => {
    host = await startIsolates(['takes_memory', 'nests_deeply', 'calls_much'])
  })
  afterAll(() => host?.[Symbol.asyncDispose]())

  it.for([
    ['of arrays', 'MODULE_OUT_OF_MEMORY', /./],
    ['of strings', 'MODULE_OUT_OF_MEMORY', /./],
    ['of symbols', 'MODULE_OUT_OF_MEMORY', /./],
    ['of promises', 'MODULE_OUT_OF_MEMORY', /./],
    ['of one array that is filled', 'MODULE_OUT_OF_MEMORY', /./],
    ['of typed arrays, outside of the heap', 'MODULE_THREW', /RangeError: Array buffer allocation failed/],
    ['of buffers that are transferred and sliced', 'MODULE_THREW', /RangeError: Array buffer allocation failed/],
  ] as const)('without an end is ended soon after its limit, and others answer: %s (J7, J10)', async ([how, outcome, says], { expect }) => {
    const { asked, peakMb } = await peakOf(host, () => askFor(host, 'takes_memory', how, { timeout }))
    expect(asked).toMatchObject({ outcome, blame: 'module', failure: expect.stringMatching(says) })
    // It was looked at while it grew, and not only before and after.
    expect(peakMb).toBeGreaterThan(LOADED_MB)
    expect(peakMb).toBeLessThan(LIMIT_MB + LOADED_MB + SLACK_MB)
    await expectWell(host)
    expect(host.usage().megabytes).toBeLessThan(400)
  })

  it('by a million calls of the host that it does not wait for is ended by that, and by no deadline (B4)', async ({ expect }) => {
    const { asked, peakMb } = await peakOf(host, () => askFor(host, 'calls_much', 'a million times, and waits for none', { timeout }))
    expect(asked.outcome).toBe('MODULE_OUT_OF_MEMORY')
    expect(peakMb).toBeLessThan(LIMIT_MB + LOADED_MB + SLACK_MB)
    await expectWell(host)
  })

  it.for([
    ['calls', 'MODULE_THREW', /^RangeError: Maximum call stack size exceeded/],
    ['source', 'MODULE_THREW', /^RangeError: Maximum call stack size exceeded/],
    ['a pattern', 'MODULE_THREW', /^SyntaxError: Invalid regular expression/],
    ['an answer', 'BAD_RESULT', /^RangeError: Maximum call stack size exceeded/],
    ['a circle', 'BAD_RESULT', /^TypeError: Converting circular structure to JSON/],
  ] as const)('by nesting is told what was nested too deeply, and its process answers on: %s (J14)', async ([how, outcome, says], { expect }) => {
    await askFor(host, 'nests_deeply', 'nothing')
    const before = runnersOf(host)
    expect(await askFor(host, 'nests_deeply', how, { timeout })).toMatchObject({ outcome, blame: 'module', failure: expect.stringMatching(says) })
    expect(await askFor(host, 'nests_deeply', 'nothing')).toMatchObject({ outcome: 'success', results: 'well' })
    expect(runnersOf(host)).toEqual(expect.arrayContaining(before))
    await expectWell(host)
  })

  it('by nested JSON that it reads may do that: it is read without recursion (J14)', async ({ expect }) => {
    expect(await askFor(host, 'nests_deeply', 'JSON that is read', { timeout })).toMatchObject({ outcome: 'success', results: 1 })
    await expectWell(host)
  })
})
