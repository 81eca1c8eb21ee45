import { anonymousBytes } from '../process/memory.ts'
import { descendants } from '../process/process_tree.ts'

/** How often it is looked while the module is imported, as for one that a runner imports; and afterwards. */
const IMPORT_MS = 50
const SERVING_MS = 1000

/**
 * Watches what a fork server holds that is one module's: the module is imported there, and can undo what it was limited to. What it forks
 * later are runners, which are watched as such.
 */
export class ServerMemory implements Disposable {
  readonly #pid: number
  readonly #most: number
  readonly #exceeded: () => void
  #timer: NodeJS.Timeout

  /** `growth`: bytes that it may add to what it holds now; `exceeded` is called when it has more. */
  constructor(pid: number, growth: number, exceeded: () => void) {
    this.#pid = pid
    this.#most = anonymousBytes(pid) + growth
    this.#exceeded = exceeded
    // It is tried in a process that is thrown away, first.
    this.#timer = this.#every(IMPORT_MS, () => [this.#pid, ...descendants(this.#pid)])
  }

  /** What it holds, in bytes. */
  get bytes(): number {
    return anonymousBytes(this.#pid)
  }

  /** The module is imported. */
  imported(): void {
    clearInterval(this.#timer)
    this.#timer = this.#every(SERVING_MS, () => [this.#pid])
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #every(ms: number, which: () => readonly number[]): NodeJS.Timeout {
    return setInterval(() => {
      if (which().some((pid) => anonymousBytes(pid) > this.#most)) this.#exceeded()
    }, ms).unref()
  }
}
