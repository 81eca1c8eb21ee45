/** A fork server answers in microseconds; one that does not answer for this long has been stopped or is stuck. */
const ANSWER_MS = 2000

interface Waiting {
  timer: NodeJS.Timeout
  /** How often it was asked. */
  asked: number
}

/** What a fork server was asked and has not answered yet. */
export class Answers {
  readonly #waiting = new Map<string, Waiting>()
  readonly #silent: (what: string, ms: number) => void

  /** `silent` is told of the first question that stays without an answer. */
  constructor(silent: (what: string, ms: number) => void) {
    this.#silent = silent
  }

  expect(what: string): void {
    const waiting = this.#waiting.get(what)
    if (waiting === undefined) this.#waiting.set(what, { timer: this.#timer(what), asked: 1 })
    else waiting.asked += 1
  }

  /** Whether that was asked, and not answered before. */
  came(what: string): boolean {
    const waiting = this.#waiting.get(what)
    if (waiting === undefined) return false
    clearTimeout(waiting.timer)
    waiting.asked -= 1
    if (waiting.asked > 0) waiting.timer = this.#timer(what)
    else this.#waiting.delete(what)
    return true
  }

  /** Waits for nothing any more. */
  close(): void {
    for (const { timer } of this.#waiting.values()) clearTimeout(timer)
    this.#waiting.clear()
  }

  /** In two halves: when our own event loop was blocked, timers come before the answer that lies in the pipe. */
  #timer(what: string): NodeJS.Timeout {
    return setTimeout(() => {
      const waiting = this.#waiting.get(what)
      if (waiting !== undefined) waiting.timer = setTimeout(() => this.#silent(what, ANSWER_MS), ANSWER_MS / 2)
    }, ANSWER_MS / 2)
  }
}
