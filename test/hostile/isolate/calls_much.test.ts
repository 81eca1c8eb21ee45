import { afterAll, beforeAll, describe, it } from 'vitest'
import type { HostileServer } from '../../support/hostile_server.ts'
import { askFor, expectWell, startIsolates } from '../../support/hostile_isolates.ts'

describe('calls of the host are counted and bounded before they leave the isolate', () => {
  let host: HostileServer
  beforeAll(async () => {
    host = await startIsolates(['calls_much', 'logs_much'])
  })
  afterAll(() => host?.[Symbol.asyncDispose]())

  it('a million times without waiting for any: all but a hundred are refused by the quota (B4)', async ({ expect }) => {
    const before = host.usage().megabytes
    const { outcome, results } = await askFor(host, 'calls_much', 'a million times, and takes a breath after each thousand', { timeout: 55 })
    expect({ outcome, results }).toEqual({ outcome: 'success', results: { QUOTA: 999_900, last: 'a query may call the host 100 times' } })
    await expectWell(host)
    expect(host.usage().megabytes - before).toBeLessThan(50)
    // The process that they were made in answers on: nothing of them is left in it.
    expect(await askFor(host, 'calls_much', 'where it may not')).toMatchObject({ outcome: 'success' })
  })

  it.for([
    ['with 40 MB', 'TOO_LARGE'],
    ['with many timers', 'true RangeError'],
    ['and leaves', 'left'],
  ] as const)('%s (B5, J29)', async ([how, results], { expect }) => {
    expect(await askFor(host, 'calls_much', how)).toMatchObject({ outcome: 'success', results })
    await expectWell(host)
  })

  it('what a call fails with is a code and a message, and no stack (B3, B9)', async ({ expect }) => {
    expect(await askFor(host, 'calls_much', 'where it may not')).toMatchObject({ results: { code: expect.stringMatching(/./), message: expect.stringMatching(/./), stack: false } })
  })

  it.for(['short lines', 'long lines', 'one line of many'])('a log of %s is cut in the isolate (S7)', async (how, { expect }) => {
    const { answer, outcome } = await askFor(host, 'logs_much', how)
    expect(outcome).toBe('success')
    const printed = host.printed(answer)
    expect(printed.length).toBeLessThanOrEqual(1001)
    expect(printed.join('').length).toBeLessThan(2 * 65536)
    expect(printed.at(-1)).toMatch(/the rest is dropped/)
    await expectWell(host)
  })

  it('frames that are logged are text (S2)', async ({ expect }) => {
    const { answer, outcome } = await askFor(host, 'logs_much', 'forged frames')
    expect(outcome).toBe('success')
    expect(host.printed(answer).join()).toContain('"outcome":"success"')
  })
})
