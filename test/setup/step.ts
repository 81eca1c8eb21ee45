import { execa } from 'execa'
import { delimiter, join } from 'node:path'

export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** One thing that `npm test` runs. */
export interface Step {
  readonly name: string
  /** Runs it to its end, showing its output. `failed` is above 0 whenever anything went wrong. */
  run(place: Place): Promise<Counts>
}

export interface Place {
  readonly project: string
  /** What the steps' processes see. */
  readonly environment: NodeJS.ProcessEnv
}

/** A liveness bound for one step: the whole of `npm test` takes a few minutes. */
const ENDS_WITHIN_MS = 40 * 60_000

/** The environment in which `node` is the project's own, whatever started us. */
export function withOwnNode(environment: NodeJS.ProcessEnv, project: string): NodeJS.ProcessEnv {
  return { ...environment, PATH: [join(project, 'node_modules', '.bin'), environment['PATH']].join(delimiter) }
}

/**
 * Runs a command in the project without input; its output goes where ours goes, and what it wrote to stderr is returned as well
 * if `keep` says so. Never rejects for a failed command.
 */
export async function runCommand(
  { project, environment }: Place, command: string, args: readonly string[], keep = false,
): Promise<{ readonly failed: boolean; readonly stderr: string }> {
  const { failed, stderr, isTerminated, shortMessage } = await execa(command, [...args], {
    cwd: project, env: environment, extendEnv: false, stdin: 'ignore', stdout: 'inherit',
    stderr: keep ? ['inherit', 'pipe'] : 'inherit', reject: false, timeout: ENDS_WITHIN_MS,
  })
  // Whoever it was that ended it: its own output does not say so.
  if (isTerminated) process.stdout.write(`${shortMessage}\n`)
  return { failed, stderr: typeof stderr === 'string' ? stderr : '' }
}
