import type { CellSpec } from '../runtime.ts'
import { hostPid } from '../launch/inside.ts'
import { QueryFailure } from '../failure.ts'
import { Runner } from '../wire/runner.ts'
import type { Cell, CellOptions } from './cell.ts'
import { endTree, launched, type LaunchManner } from './process.ts'

/** How long a keeper may take to follow its runner. */
const KEEPER_MS = 250

/** The process is itself the runner (with a keeper that ends what it leaves behind): the form that works everywhere. */
export async function singleCell(spec: CellSpec, options: CellOptions, signal: AbortSignal, manner: LaunchManner = {}): Promise<Cell> {
  const { child, input, output, log, exited, gone, group } = launched(spec, options, manner)
  let lastWord = ''
  const runner = new Runner({
    spec,
    pid: child.pid as number,
    ...(options.policy.apart && { hostPid: (said: number) => hostPid(child.pid as number, said), cell: child.pid as number }),
    input,
    output,
    log,
    maxFrame: options.maxFrame,
    answers: options.answers,
    logCaps: options.logCaps,
    onLog: (who, text, query) => {
      lastWord = text
      options.onLog(who, text, query)
    },
    kill: () => endTree(child, exited),
    exited,
    gone,
    group,
  })
  // A runner that left by itself: its keeper follows with its exit status, which says why.
  void runner.closed.then(() => {
    const timer = setTimeout(() => endTree(child, exited), KEEPER_MS)
    void exited.then(() => clearTimeout(timer))
  })
  const close = (): void => runner.kill('SHUTTING_DOWN', 'the cell was closed')
  signal.addEventListener('abort', close)
  try {
    await runner.ready
  } catch (failure) {
    await gone
    if (!(failure instanceof QueryFailure) || lastWord === '') throw failure
    throw new QueryFailure(failure.code, `${failure.message}; it last printed: ${lastWord}`, { cause: failure })
  } finally {
    signal.removeEventListener('abort', close)
  }
  let taken = false
  return {
    name: spec.name,
    pid: child.pid as number,
    get alive() {
      return !taken && runner.ended === undefined
    },
    ended: exited.then(() => {}),
    gone,
    open() {
      taken = true
      return Promise.resolve(runner)
    },
    close,
  }
}
