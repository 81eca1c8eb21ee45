import { runCommand, type Step } from './step.ts'

/** The types and the lint rules; each counts as one test. */
export const CHECKS: readonly Step[] = [check('tsc'), check('oxlint', '--type-aware', '--deny-warnings')]

function check(command: string, ...args: string[]): Step {
  return {
    name: [command, ...args].join(' '),
    async run(place) {
      const { failed } = await runCommand(place, command, args)
      return { passed: failed ? 0 : 1, failed: failed ? 1 : 0, skipped: 0 }
    },
  }
}
