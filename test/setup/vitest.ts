import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand, type Counts, type Step } from './step.ts'

/** Every test file, or what `args` choose. */
export function vitest(args: readonly string[] = []): Step {
  return {
    name: ['vitest run', ...args].join(' '),
    async run(place) {
      const folder = await mkdtemp(join(tmpdir(), 'vitest-'))
      const report = join(folder, 'report.json')
      try {
        const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
        const { failed } = await runCommand(place, 'vitest', ['run', ...reporters, ...args])
        return countVitest(await readFile(report, 'utf8').catch(() => '{}'), failed)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
  }
}

interface Report {
  readonly numPassedTests?: number
  readonly numFailedTests?: number
  readonly numPendingTests?: number
  readonly numTodoTests?: number
  readonly testResults?: readonly { readonly status: string; readonly assertionResults: readonly { readonly status: string }[] }[]
}

/** What vitest's JSON says; a file that failed outside its tests counts as one test that failed. */
export function countVitest(json: string, failed: boolean): Counts {
  const report = JSON.parse(json) as Report
  const { numPassedTests: passed = 0, numFailedTests = 0, numPendingTests = 0, numTodoTests = 0, testResults = [] } = report
  const files = testResults.filter(({ status, assertionResults }) =>
    status === 'failed' && !assertionResults.some((result) => result.status === 'failed'))
  const failures = numFailedTests + files.length
  return { passed, failed: failed ? Math.max(1, failures) : failures, skipped: numPendingTests + numTodoTests }
}
