import { readdirSync, readFileSync } from 'node:fs'

/** Environment variable by which the processes of one program can be known, however far they went from it. */
const MARK = 'MISP_MODULE_HOST_PROGRAM'
/** While one process is killed another may fork: so often it is looked again. */
const PASSES = 20
/** Looking at all processes takes milliseconds: done when nobody has asked for so long, or has been kept waiting for that long. */
const QUIET_MS = 50
const LONGEST_MS = 1000

/** What programs leave behind when they have ended, daemons in sessions of their own among it: it is killed. */
export class Leftovers {
  readonly #prefix = `${MARK}=${crypto.randomUUID()}.`
  #count = 0
  #timer: NodeJS.Timeout | undefined
  #since = 0
  /** Marks of the programs that run. */
  readonly #living = new Set<string>()

  /** The mark for a program that is about to be started, as a part of its environment. */
  mark(): { readonly env: Record<string, string>; readonly ended: () => void } {
    const entry = `${this.#prefix}${this.#count++}`
    this.#living.add(entry)
    return {
      env: { [MARK]: entry.slice(MARK.length + 1) },
      ended: () => {
        this.#living.delete(entry)
        this.#sweepSoon()
      },
    }
  }

  /** Kills what programs that have ended left behind; `all`: those that run as well. */
  sweep(all = false): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (let pass = 0; pass < PASSES; pass += 1) {
      const strays = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && this.#isStray(name, all))
      if (strays.length === 0) return
      for (const pid of strays) kill(Number(pid))
    }
  }

  #sweepSoon(): void {
    const now = performance.now()
    if (this.#timer === undefined) this.#since = now
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.sweep(), Math.min(QUIET_MS, Math.max(0, this.#since + LONGEST_MS - now)))
  }

  #isStray(pid: string, all: boolean): boolean {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'latin1')
      if (!environment.includes(this.#prefix)) return false
      const entry = environment.split('\0').find((each) => each.startsWith(this.#prefix))
      return entry !== undefined && (all || !this.#living.has(entry))
    } catch {
      // Another account's process, or one that ended meanwhile.
      return false
    }
  }
}

/** SIGKILL to a process, or with a negative number to a group. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone by itself in the meantime.
  }
}
