import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand, type Counts, type Place, type Step } from './step.ts'

/** Where more files than this fail it is no accident. */
const MOST_AGAIN = 3

/**
 * Every test file, or what `args` choose. Of a whole run, few files that failed are run once more by themselves, and what passes
 * then is named: it is a bug, of the test or of what it tests, but not of the change that is being tested.
 */
export function vitest(args: readonly string[] = []): Step {
  return {
    name: ['vitest run', ...args].join(' '),
    async run(place) {
      const first = await runOnce(place, args)
      const failures = failedFiles(first)
      if (args.length > 0 || failures.length === 0 || failures.length > MOST_AGAIN) return count(first)
      process.stdout.write('\n--- again, by themselves: the files that failed\n')
      const second = await runOnce(place, failures.map(({ name }) => name))
      if (count(second).failed === 0) process.stdout.write(unsteady(failures))
      return count(replaced(first, second))
    },
  }
}

export interface Outcome {
  /** The status that vitest left with was not 0. */
  readonly failed: boolean
  readonly files: readonly FileOutcome[]
}

interface FileOutcome {
  /** Its path. */
  readonly name: string
  readonly status: string
  readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
}

async function runOnce(place: Place, args: readonly string[]): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'vitest-'))
  const report = join(folder, 'report.json')
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const { failed } = await runCommand(place, 'vitest', ['run', ...reporters, ...args])
    const { testResults = [] } = JSON.parse(await readFile(report, 'utf8').catch(() => '{}')) as { testResults?: readonly FileOutcome[] }
    return { failed, files: testResults }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function failedFiles({ files }: Outcome): readonly FileOutcome[] {
  return files.filter(({ status }) => status === 'failed')
}

/** What the first run said, and of the files that were run again what the second said. */
export function replaced(first: Outcome, second: Outcome): Outcome {
  const again = new Map(second.files.map((file) => [file.name, file]))
  return { failed: second.failed, files: first.files.map((file) => again.get(file.name) ?? file) }
}

/** A file that failed outside its tests counts as one test that failed, and so does a run that failed outside its files. */
export function count({ failed, files }: Outcome): Counts {
  const results = files.flatMap(({ assertionResults }) => assertionResults.map(({ status }) => status))
  const having = (...statuses: readonly string[]): number => results.filter((status) => statuses.includes(status)).length
  const outside = files.filter(({ status, assertionResults }) => status === 'failed' && !assertionResults.some((result) => result.status === 'failed'))
  const failures = having('failed') + outside.length
  return { passed: having('passed'), failed: failed ? Math.max(1, failures) : failures, skipped: having('pending', 'skipped', 'todo', 'disabled') }
}

function unsteady(failures: readonly FileOutcome[]): string {
  const names = failures.flatMap(({ name, assertionResults }) => {
    const tests = assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName)
    return tests.length === 0 ? [name] : tests.map((test) => `${name}: ${test}`)
  })
  return ['--- failed in the whole run and passed by themselves, which is a bug to be mended:', ...names].join('\n    ') + '\n'
}
