import type { CellSpec } from '../runtime.ts'
import { Runner } from '../wire/runner.ts'
import type { Cell, CellOptions } from './cell.ts'
import { endTree, launched } from './process.ts'

/** How long a keeper may take to follow its runner. */
const KEEPER_MS = 250

/** The process is itself the runner (with a keeper that ends what it leaves behind): the form that works everywhere. */
export async function singleCell(spec: CellSpec, options: CellOptions): Promise<Cell> {
  const { child, input, output, log, exited } = launched(spec, options.launch)
  const runner = new Runner({
    pid: child.pid as number,
    input,
    output,
    log,
    maxFrame: options.maxFrame,
    logCaps: options.logCaps,
    onLog: options.onLog,
    kill: () => endTree(child, exited),
    exited,
  })
  // A runner that left by itself: its keeper follows with its exit status, which says why.
  void runner.closed.then(() => {
    const timer = setTimeout(() => endTree(child, exited), KEEPER_MS)
    void exited.then(() => clearTimeout(timer))
  })
  let taken = false
  await runner.ready
  return {
    name: spec.name,
    pid: child.pid as number,
    get alive() {
      return !taken && runner.ended === undefined
    },
    ended: exited.then(() => {}),
    open() {
      taken = true
      return Promise.resolve(runner)
    },
    close: () => runner.kill('SHUTTING_DOWN', 'the cell was closed'),
  }
}
