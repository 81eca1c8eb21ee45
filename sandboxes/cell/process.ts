import { randomUUID } from 'node:crypto'
import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import { QueryFailure } from '../failure.ts'
import { isUndoable, putBehind, putLevel } from '../process/priority.ts'
import { groupLimits, type ControlGroup } from '../launch/groups/control_groups.ts'
import type { CellPlaces } from '../launch/launch.ts'
import type { CellSpec } from '../runtime.ts'
import type { ExitStatus } from '../wire/exit_status.ts'
import type { CellOptions } from './cell.ts'
import { MARK, sweep } from './sweep.ts'

/** How long a process that was asked to end may take before it is killed. */
export const KILL_MS = 1000

export interface Launched {
  readonly child: ChildProcess
  readonly input: Writable
  readonly output: Readable
  readonly log: Readable
  readonly exited: Promise<ExitStatus>
  /** Settles when the process and everything that it left behind have ended. */
  readonly gone: Promise<void>
  /** In which it is, where there are such. */
  readonly group: ControlGroup | undefined
}

export interface LaunchManner extends Omit<CellPlaces, 'group'> {
  /** Settles when somebody waits for it. */
  readonly hurry?: Promise<void> | undefined
}

type Launching = Pick<CellOptions, 'launch' | 'policy' | 'groups'>

/** Starts the process. Throws SANDBOX_UNAVAILABLE where the system refuses at once. */
export function launched(spec: CellSpec, { launch, policy, groups }: Launching, { hurry, ...places }: LaunchManner = {}): Launched {
  const mark = randomUUID()
  const group = policy.hold && groups?.make(groupLimits(spec, policy.hold.processes))
  const child = launch({ ...spec, env: { ...spec.env, [MARK]: mark } }, { ...places, group })
  // Starting, importing and the first query yield to what is known to answer: a runner is put level when it has.
  if (isUndoable && child.pid !== undefined) runBehind(child, child.pid, hurry)
  const { stdin, stdout, stderr } = child
  if (stdin === null || stdout === null || stderr === null) {
    throw new QueryFailure('SANDBOX_UNAVAILABLE', `${spec.command} was started without pipes`)
  }
  const exited = new Promise<ExitStatus>((resolve) => {
    child.on('exit', (code, signal) => resolve(code === null ? signalled(signal) : code > 128 ? 128 - code : code))
    child.on('error', () => resolve(undefined))
  })
  // One that ends well has ended its descendants first.
  const ended = exited.then((status) => (status === 0 ? undefined : sweep(mark)))
  const gone = group === undefined ? ended : ended.then(() => group.remove())
  return { child, input: stdin, output: stdout, log: stderr, exited, gone, group }
}

function runBehind(child: ChildProcess, pid: number, until: Promise<void> | undefined): void {
  putBehind(pid)
  void until?.then(() => {
    // Afterwards the number may be another process's.
    if (child.exitCode === null && child.signalCode === null) putLevel(pid)
  })
}

function signalled(signal: NodeJS.Signals | null): ExitStatus {
  const number = signal === null ? undefined : constants.signals[signal]
  return number === undefined ? undefined : -number
}

/** SIGTERM, by which a keeper or fork server ends its whole tree; SIGKILL to the group for one that no longer listens. */
export function endTree(child: ChildProcess, exited: Promise<ExitStatus>): void {
  const { pid } = child
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const timer = setTimeout(() => {
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // Gone by itself in the meantime.
    }
  }, KILL_MS)
  void exited.then(() => clearTimeout(timer))
}
