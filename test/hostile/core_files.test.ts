import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { Runtime } from '../../sandboxes/runtime.ts'
import { Border } from '../support/border.ts'
import { testIsolates } from '../support/isolates.ts'

const CAST = fileURLToPath(new URL('../fixtures/cast/isolate', import.meta.url))

/** Python's runners and programs have the same from a limit that they cannot raise again: see confine.py and confinement.ts. */
describe('a crash leaves no core file, although the host’s own would leave one', () => {
  let before: string
  let runtime: Runtime
  let border: Border
  beforeAll(async () => {
    before = coreLimit(process.pid)
    execFileSync('prlimit', ['--pid', String(process.pid), '--core=1048576:'])
    runtime = await testIsolates()
    border = new Border({ runtime, root: CAST, ending: '.ts' })
  })
  afterAll(async () => {
    await border?.[Symbol.asyncDispose]()
    execFileSync('prlimit', ['--pid', String(process.pid), `--core=${before}:`])
  })

  for (const which of ['a runner of isolates', 'a compiler'] as const) {
    it(`of ${which}`, async ({ expect }) => {
      expect(coreLimit(process.pid)).toBe('1048576')
      const spec = which === 'a compiler' ? runtime.compiler : runtime.alone
      const runner = await border.cells.open(border.unit('echo'), { spec })
      expect(coreLimit(runner.pid)).toBe('0')
    })
  }
})

function coreLimit(pid: number): string {
  return /^Max core file size +(\d+|unlimited)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.[1] ?? ''
}
