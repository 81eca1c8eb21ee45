/** How often something took how long, as a histogram has it. */
export interface Durations {
  readonly count: number
  readonly seconds: number
  /** Cumulative: each holds what those before it hold. */
  readonly buckets: readonly { readonly bound: number; readonly count: number }[]
}

/** Upper bounds in seconds, inclusive. */
const BOUNDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300] as const

/** Counts durations; one costs a few comparisons. */
export class DurationTally {
  readonly #slots: number[] = BOUNDS.map(() => 0)
  #count = 0
  #seconds = 0

  add(ms: number): void {
    const seconds = ms / 1000
    this.#count += 1
    this.#seconds += seconds
    for (let slot = 0; slot < BOUNDS.length; slot += 1) {
      if (seconds > BOUNDS[slot]!) continue
      this.#slots[slot]! += 1
      return
    }
  }

  snapshot(): Durations {
    let count = 0
    const buckets = BOUNDS.map((bound, slot) => ({ bound, count: count += this.#slots[slot]! }))
    return { count: this.#count, seconds: this.#seconds, buckets }
  }
}
