/** A fork server answers in microseconds; one that does not answer for this long has been stopped or is stuck. */
const ANSWER_MS = 2000

/** What a fork server was asked and has not answered yet. */
export class Answers {
  readonly #waiting = new Map<string, NodeJS.Timeout>()
  readonly #silent: (what: string, ms: number) => void

  /** `silent` is told of the first question that stays without an answer. */
  constructor(silent: (what: string, ms: number) => void) {
    this.#silent = silent
  }

  expect(what: string): void {
    if (this.#waiting.has(what)) return
    // In two halves: when our own event loop was blocked, timers come before the answer that lies in the pipe.
    this.#wait(what, () => this.#wait(what, () => this.#silent(what, ANSWER_MS)))
  }

  came(what: string): void {
    clearTimeout(this.#waiting.get(what))
    this.#waiting.delete(what)
  }

  /** Waits for nothing any more. */
  close(): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer)
    this.#waiting.clear()
  }

  #wait(what: string, then: () => void): void {
    this.#waiting.set(what, setTimeout(then, ANSWER_MS / 2))
  }
}
