import type { GuestLimits } from '../guest/limits.ts'
import { Cage, type Booted, type Code } from './cage.ts'
import type { IsolateLimits } from './messages.ts'

/** Calls of the host that a query may make, at most: so many, so many at a time, of so many characters each. */
const CALLS = { calls: 100, inFlight: 8, timers: 10_000, timersInFlight: 32, argument: 256 * 1024 } as const

export function guestLimits({ result_bytes, log_bytes, log_lines }: Omit<IsolateLimits, 'heap_mb'>): GuestLimits {
  return { ...CALLS, result: result_bytes, logBytes: log_bytes, logLines: log_lines }
}

/** What a runner has before it knows what it is to become. */
export interface Prepared {
  readonly guest: Code
  /** undefined: nobody has said what modules have here. */
  readonly ahead: Ahead | undefined
}

export interface AheadOptions {
  readonly guest: Code
  /** Those of most modules. One that has others gets an isolate of its own. */
  readonly limits: IsolateLimits
  /** When there is time for it. */
  readonly afterMs: number
  /** What is done when it is there. */
  readonly afterwards?: () => void
}

/** An isolate that is made while the process has nothing to do: to become a module takes a moment then. */
export class Ahead {
  readonly #limits: IsolateLimits
  readonly #timer: NodeJS.Timeout
  #booted: Promise<Booted | undefined> | undefined

  constructor({ guest, limits, afterMs, afterwards = () => {} }: AheadOptions) {
    this.#limits = limits
    this.#timer = setTimeout(() => {
      this.#booted = Cage.boot({ guest, heapMb: limits.heap_mb, limits: guestLimits(limits) }).catch(() => undefined)
      void this.#booted.then(afterwards)
    }, afterMs)
  }

  /** The isolate, where there is one with these limits. Once. */
  async take(limits: IsolateLimits): Promise<Booted | undefined> {
    clearTimeout(this.#timer)
    const booted = await this.#booted
    this.#booted = undefined
    const isFitting = (Object.keys(limits) as (keyof IsolateLimits)[]).every((key) => limits[key] === this.#limits[key])
    if (isFitting) return booted
    booted?.isolate.dispose()
    return undefined
  }
}
