import type { Warm } from './lease.ts'
import type { Unit } from './unit.ts'

const MEGABYTE = 1 << 20
/** Assumed private memory of a runner that was never measured. */
const GUESS_BYTES = 8 * MEGABYTE

/** The runners of one version of a module. */
export class Shelf {
  readonly unit: Unit
  /** Those that are asked nothing, the most recently used last. */
  readonly idle: Warm[] = []
  /** Those that are asked something and can be asked more. */
  readonly #open = new Set<Warm>()
  live = 0
  starting = 0
  /** Queries no longer run on this unit. */
  retired = false
  /** Private memory that the last measured runner of this unit had. */
  typicalBytes = GUESS_BYTES
  /** When the next one may be started, after one that could not be. */
  notBefore = 0

  constructor(unit: Unit) {
    this.unit = unit
  }

  /** One that can be asked one more query, of `atOnce` that it may be asked: one that is at work, so that the others can rest. */
  take(atOnce: number): Warm | undefined {
    const warm = this.#atWork(atOnce) ?? lastAlive(this.idle)
    if (warm === undefined) return undefined
    warm.queries += 1
    if (warm.queries < atOnce) this.#open.add(warm)
    else this.#open.delete(warm)
    return warm
  }

  /** One of its queries is over. */
  put(warm: Warm): void {
    warm.queries -= 1
    if (warm.queries === 0) {
      this.#open.delete(warm)
      this.idle.push(warm)
    } else if (!warm.leaving) {
      this.#open.add(warm)
    }
  }

  /** It is asked nothing more. */
  remove(warm: Warm): void {
    this.#open.delete(warm)
    const at = this.idle.indexOf(warm)
    if (at >= 0) this.idle.splice(at, 1)
  }

  #atWork(atOnce: number): Warm | undefined {
    for (const warm of this.#open) if (warm.queries < atOnce && warm.runner.ended === undefined) return warm
    return undefined
  }
}

/** Takes the last one; those that have ended, and whose end is not yet settled, are nobody's any more. */
function lastAlive(idle: Warm[]): Warm | undefined {
  for (;;) {
    const warm = idle.pop()
    if (warm === undefined || warm.runner.ended === undefined) return warm
  }
}
