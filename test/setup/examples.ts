import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand, type Step } from './step.ts'

/** The examples, one step each: an example that lies exits non-zero. */
export function examples(project: string): readonly Step[] {
  const folder = join(project, 'examples')
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => existsSync(join(folder, name, 'run.ts'))) : []
  return names.sort().map((name) => ({
    name: `examples/${name}`,
    async run(place) {
      const { failed } = await runCommand(place, 'node', [join('examples', name, 'run.ts')])
      return { passed: failed ? 0 : 1, failed: failed ? 1 : 0, skipped: 0 }
    },
  }))
}
