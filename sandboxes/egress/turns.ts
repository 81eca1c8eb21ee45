import { unlessAborted } from './unless_aborted.ts'

/** Work that nobody can call off, so many at a time: what is beyond them waits for its turn. */
export class Turns {
  readonly #most: number
  readonly #waiting = new Set<() => void>()
  #running = 0

  constructor(most: number) {
    this.#most = most
  }

  /** Does `work` when it is its turn, which it gives up when it has settled and not before. Whoever's `signal` ends while it waits waits no more. */
  async take<Value>(work: () => Promise<Value>, signal: AbortSignal): Promise<Value> {
    if (this.#running >= this.#most) await this.#turn(signal)
    else this.#running += 1
    const working = work().finally(() => this.#pass())
    return await unlessAborted(working, signal)
  }

  /** The turn of whoever is done. */
  async #turn(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.add(resolve)
    try {
      await unlessAborted(promise, signal)
    } catch (error) {
      // It may have got its turn in the moment in which it left.
      if (!this.#waiting.delete(resolve)) this.#pass()
      throw error
    }
  }

  #pass(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#running -= 1
      return
    }
    this.#waiting.delete(next)
    next()
  }
}
