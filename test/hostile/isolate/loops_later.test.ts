import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { cpuTicks } from '../../../sandboxes/process/cpu_time.ts'
import { Border } from '../../support/border.ts'
import { testIsolates } from '../../support/isolates.ts'
import { moduleRoot, releaseRoots } from '../../support/module_root.ts'
import { eventually } from '../../support/processes.ts'

/** A liveness bound: the queries have a second. */
const SOON_MS = 15_000

/** Its top level loops in every isolate that is made from that moment on. */
const loopsFrom = (moment: number): string => `if (Date.now() > ${moment}) for (;;);
export const introspection = () => ({ input: ['text'] })
export const version = () => ({})
export const handler = () => ({ results: 'well' })
`

describe('a module whose top level loops, but not in its first isolate', () => {
  const root = moduleRoot({ 'expansion/other.ts': loopsFrom(Number.MAX_SAFE_INTEGER) })
  let border: Border
  beforeAll(async () => {
    border = new Border({ runtime: await testIsolates({ fresh: true }), root, ending: '.ts' })
  })
  afterAll(async () => {
    await border?.[Symbol.asyncDispose]()
    releaseRoots()
  })

  it('is ended at the deadline of each query that waits for an isolate, and others answer', async ({ expect }) => {
    await border.describe('other')
    const { name, moment } = await inTime()
    await new Promise((resolve) => setTimeout(resolve, moment + 10 - Date.now()))
    // One isolate was made ahead, in time.
    await border.ask(name, {}, 1000)
    for (let turn = 0; turn < 2; turn += 1) {
      const [looped, other] = await Promise.all([border.ask(name, {}, 1000), border.ask('other')])
      expect(looped.code).toBe('MODULE_TIMED_OUT')
      expect(looped.ms).toBeLessThan(SOON_MS)
      expect(other).toMatchObject({ code: 'success', body: '{"results":"well"}' })
    }
    // Nothing loops on for a query that has been answered.
    await eventually(async () => {
      const before = ticks(border)
      await new Promise((resolve) => setTimeout(resolve, 200))
      expect(ticks(border) - before).toBeLessThan(10)
    })
  })

  /** One that has answered before its moment came, however slow the machine is. */
  async function inTime(): Promise<{ name: string; moment: number }> {
    for (let ms = 3000; ms < 100_000; ms *= 2) {
      const [name, moment] = [`later${ms}`, Date.now() + ms]
      writeFileSync(join(root, `expansion/${name}.ts`), loopsFrom(moment))
      const { code } = await border.ask(name)
      if (code === 'success' && Date.now() < moment) return { name, moment }
    }
    throw new Error('the machine is too slow for this test')
  }
})

/** Processor time of all runners together, in hundredths of a second. */
function ticks({ pool }: Border): number {
  return pool.pids.reduce((sum, pid) => sum + cpuTicks(pid), 0)
}
