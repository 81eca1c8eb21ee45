import { join } from 'node:path'
import { runCommand, type Counts, type Step } from './step.ts'

/** The Python side's own tests, with the interpreter that modules run on. */
export const UNITTESTS: Step = {
  name: 'unittest test/python',
  async run(place) {
    const { MISP_TEST_PYTHON: python = 'python3' } = place.environment
    const environment = { ...place.environment, PYTHONPATH: join(place.project, 'sandboxes', 'python') }
    const args = ['-B', '-m', 'unittest', 'discover', '-s', join('test', 'python')]
    const { failed, stderr } = await runCommand({ ...place, environment }, python, args, true)
    return countUnittests(stderr, failed)
  },
}

/** What unittest's output says; a test with several failed subtests is one that failed. */
export function countUnittests(output: string, failed: boolean): Counts {
  const ran = Number(/^Ran (\d+) tests?/m.exec(output)?.[1] ?? 0)
  const skipped = Number(/^(?:OK|FAILED) \(.*?\bskipped=(\d+)/m.exec(output)?.[1] ?? 0)
  const named = new Set([...output.matchAll(/^(?:FAIL|ERROR|UNEXPECTED SUCCESS): (\w+ \([\w.]+\))/gm)].map(([, name]) => name))
  const failures = failed ? Math.max(1, named.size) : 0
  return { passed: Math.max(0, ran - skipped - failures), failed: failures, skipped }
}
