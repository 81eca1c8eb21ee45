import { anonymousBytes } from '../process/memory.ts'
import type { CellSpec } from '../runtime.ts'
import type { Runner } from '../wire/runner.ts'

/** Who saves a file saves it again: so long the process of an earlier version is kept for that. */
const KEPT_MS = 5000
/** So many are kept at a time; many modules that are saved at once are not saved by somebody at an editor. */
const MOST_KEPT = 4
/** So often one process may become its module: what it does not free goes with it. */
const MOST_TIMES = 50
/** Nor what has got large: its next version may add to that. */
const MOST_BYTES = 256 << 20

interface Kept {
  readonly spec: CellSpec
  readonly file: string
  readonly runner: Runner
  readonly timer: NodeJS.Timeout
}

/**
 * Runners that nobody asks any more and that may become the next version of the same module, which is the only one that ever gets them.
 * A module that is saved and saved again does so in two processes by turns, and waits for neither to start.
 */
export class KeptRunners {
  /** The one that was kept last at the end. */
  #kept: Kept[] = []
  readonly #times = new WeakMap<Runner, number>()
  #closed = false

  /** Whether it is kept; else it is for the caller to close. */
  keep(file: string, runner: Runner): boolean {
    const { spec } = runner
    const times = (this.#times.get(runner) ?? 0) + 1
    if (this.#closed || spec.again !== true || !runner.open || this.#kept.some((kept) => isOf(kept, spec, file))) return false
    if (times >= MOST_TIMES || anonymousBytes(runner.pid) > MOST_BYTES) return false
    this.#times.set(runner, times)
    const kept: Kept = { spec, file, runner, timer: setTimeout(() => this.#drop(kept), KEPT_MS) }
    this.#kept.push(kept)
    const [oldest] = this.#kept
    if (this.#kept.length > MOST_KEPT && oldest !== undefined) this.#drop(oldest)
    return true
  }

  /** The one that this file's module has left, if it still lives. */
  take(file: string, spec: CellSpec): Runner | undefined {
    const kept = this.#kept.find((each) => isOf(each, spec, file))
    if (kept === undefined) return undefined
    this.#forget(kept)
    if (kept.runner.open) return kept.runner
    kept.runner.close()
    return undefined
  }

  close(): void {
    this.#closed = true
    for (const kept of this.#kept) this.#drop(kept)
  }

  #drop(kept: Kept): void {
    this.#forget(kept)
    kept.runner.close()
  }

  #forget(kept: Kept): void {
    clearTimeout(kept.timer)
    this.#kept = this.#kept.filter((each) => each !== kept)
  }
}

function isOf(kept: Kept, spec: CellSpec, file: string): boolean {
  return kept.spec === spec && kept.file === file
}
