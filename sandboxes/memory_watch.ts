import { readlinkSync } from 'node:fs'
import { anonymousBytes } from './memory.ts'
import { descendants } from './process_tree.ts'

/** How often the processes below are looked for: that takes longer than reading the memory of one. */
const BELOW_MS = 250

/** How much more memory a process has than at the beginning, and what it has started with it. */
export class MemoryWatch {
  readonly #pid: number
  readonly #top: number
  readonly #others: ReadonlySet<number>
  readonly #atFirst: number
  #below = 0
  #lookedBelow = 0
  #growth = 0

  /**
   * Whatever the process holds now does not count. `cell`: the top of a tree that is all its own, where what it has started is found even if it
   * is no longer below it; what stands beside it there does not count.
   */
  constructor(pid: number, cell?: number) {
    this.#pid = pid
    this.#top = cell ?? pid
    const own = new Set([pid, ...descendants(pid)])
    this.#others = new Set(cell === undefined ? [] : descendants(cell).filter((other) => !own.has(other)))
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
      this.#below = descendants(this.#top).reduce((sum, pid) => (this.#others.has(pid) ? sum : sum + this.#grown(pid)), 0)
    }
    return (this.#growth = this.#grown(this.#pid) + this.#below)
  }

  /** A child begins as a copy that shares its memory with its parent; one that runs another program has nothing of it any more. */
  #grown(pid: number): number {
    const shared = programOf(pid) === programOf(this.#pid) ? this.#atFirst : 0
    return Math.max(0, anonymousBytes(pid) - shared)
  }
}

/** undefined where the kernel does not tell. */
function programOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/exe`)
  } catch {
    return undefined
  }
}
