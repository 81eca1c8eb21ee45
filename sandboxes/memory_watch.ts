import { anonymousBytes } from './memory.ts'
import { descendants } from './process_tree.ts'

/** How often the processes below are looked for: that takes longer than reading the memory of one. */
const BELOW_MS = 250

/** How much more memory a process has than at the beginning, and what it has started with it. */
export class MemoryWatch {
  readonly #pid: number
  readonly #atFirst: number
  #below = 0
  #lookedBelow = 0
  #growth = 0

  /** Whatever the process holds now does not count. */
  constructor(pid: number) {
    this.#pid = pid
    this.#atFirst = anonymousBytes(pid)
  }

  /** Bytes, when last measured. */
  get growth(): number {
    return this.#growth
  }

  measure(): number {
    const now = performance.now()
    if (now - this.#lookedBelow > BELOW_MS) {
      this.#lookedBelow = now
      this.#below = descendants(this.#pid).reduce((sum, pid) => sum + this.#grown(pid), 0)
    }
    return (this.#growth = this.#grown(this.#pid) + this.#below)
  }

  /** A child begins as a copy that shares its memory with its parent. */
  #grown(pid: number): number {
    return Math.max(0, anonymousBytes(pid) - this.#atFirst)
  }
}
