import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand, type Step } from './step.ts'

/** The examples, one step each: an example that lies exits non-zero. One that fails is run once more, and named, as test files are. */
export function examples(project: string): readonly Step[] {
  const folder = join(project, 'examples')
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => existsSync(join(folder, name, 'run.ts'))) : []
  return names.sort().map((name) => ({
    name: `examples/${name}`,
    async run(place) {
      const run = () => runCommand(place, 'node', [join('examples', name, 'run.ts')])
      const failedFirst = (await run()).failed
      if (failedFirst) process.stdout.write('\n--- again\n')
      const failed = failedFirst && (await run()).failed
      if (failedFirst && !failed) process.stdout.write(`--- examples/${name} failed at first and then did not, which is a bug to be mended\n`)
      return { passed: failed ? 0 : 1, failed: failed ? 1 : 0, skipped: 0 }
    },
  }))
}
