import { readlinkSync } from 'node:fs'
import { anonymousBytes } from './memory.ts'
import { descendants } from './process_tree.ts'

/** How often the processes below are looked for: that takes longer than reading the memory of one. */
const BELOW_MS = 250
/** And so much longer than a look takes, if that is more: of hundreds of processes nobody else should notice anything. */
const BELOW_TIMES = 50
/** But not more than this: the look took long perhaps because the host had to wait for a processor. */
const BELOW_MOST_MS = 1000

/** `cell`: the top of a tree that is all the process's own, where what it has started is found even if it is no longer below it. */
export interface Watched {
  readonly pid: number
  readonly cell?: number | undefined
}

/** How much more memory a process has than at the beginning, and what it has started with it. */
export class MemoryWatch {
  readonly #process: Watched
  readonly #others: ReadonlySet<number>
  /** What the process held when it began to be watched, in bytes. */
  readonly atFirst: number
  #below = 0
  #nextBelow = 0
  #growth = 0

  /** Whatever the process holds now does not count; nor what others hold in a cell that is all its own. `atFirst`: what one like it held. */
  constructor(watched: Watched, atFirst?: number) {
    this.#process = watched
    this.#others = atFirst === undefined ? othersOf(watched) : new Set()
    this.atFirst = atFirst ?? anonymousBytes(watched.pid)
  }

  /** Bytes, when last measured. */
  get growth(): number {
    return this.#growth
  }

  measure(): number {
    const { pid: own, cell } = this.#process
    const now = performance.now()
    if (now > this.#nextBelow) {
      this.#below = descendants(cell ?? own).reduce((sum, pid) => (this.#others.has(pid) ? sum : sum + this.#grown(pid)), 0)
      const took = performance.now() - now
      this.#nextBelow = now + Math.min(BELOW_MOST_MS, Math.max(BELOW_MS, took * BELOW_TIMES))
    }
    return (this.#growth = this.#grown(own) + this.#below)
  }

  /** A child begins as a copy that shares its memory with its parent; one that runs another program has nothing of it any more. */
  #grown(pid: number): number {
    const shared = programOf(pid) === programOf(this.#process.pid) ? this.atFirst : 0
    return Math.max(0, anonymousBytes(pid) - shared)
  }
}

function othersOf({ pid, cell }: Watched): ReadonlySet<number> {
  if (cell === undefined) return new Set()
  const own = new Set([pid, ...descendants(pid)])
  return new Set(descendants(cell).filter((other) => !own.has(other)))
}

/** undefined where the kernel does not tell. */
function programOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/exe`)
  } catch {
    return undefined
  }
}
