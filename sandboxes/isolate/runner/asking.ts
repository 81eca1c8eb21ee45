import type { GuestLimits } from '../guest/limits.ts'
import type { Cage, CageEvents, Failure } from './cage.ts'
import { reply, type Capabilities, type MakeCapabilities } from './capabilities.ts'

export interface Ask {
  /** What the host's log calls it. */
  readonly query: string
  readonly body: string
  /** Time that is left for it. */
  readonly ms: number
  readonly limits: GuestLimits
  readonly capabilities: MakeCapabilities
  readonly log: (text: string) => void
}

/** What became of a query. `spent`: its isolate can be used no more. */
export interface Outcome {
  readonly outcome: string
  readonly payload: string
  readonly spent: boolean
}

/** So long before its deadline a query is told, so that a module may still answer what it has. */
const NOTICE_MS = 250
const NOTICE_SHARE = 0.1
/** A line of text is at most so long on the wire. */
const LINE = 16 * 1024

/**
 * Runs one query in an isolate that has become its module. Settles when it is over, and nothing of it runs any more: with the answer,
 * or with why there is none. Never rejects. An isolate that cannot be stopped keeps it from settling: the host then ends the process.
 */
export function askCage(cage: Cage, ask: Ask): Promise<Outcome> {
  return new Promise((resolve) => new Asking(cage, ask, resolve).begin())
}

/** How a module may say that its query has ended. */
const FINAL: ReadonlySet<string> = new Set(['success', 'module_error', 'exception', 'bad_result', 'too_large', 'refused'])

class Asking implements CageEvents {
  readonly #cage: Cage
  readonly #ask: Ask
  readonly #resolve: (outcome: Outcome) => void
  readonly #deadline: number
  #calls: { readonly end: AbortController; readonly capabilities: Capabilities } | undefined
  #late: NodeJS.Timeout | undefined
  #notice: NodeJS.Timeout | undefined
  #answer: { outcome: string; payload: string } | undefined
  #over = false
  #made = 0
  #lines = 0

  constructor(cage: Cage, ask: Ask, resolve: (outcome: Outcome) => void) {
    this.#cage = cage
    this.#ask = ask
    this.#resolve = resolve
    this.#deadline = performance.now() + ask.ms
  }

  begin(): void {
    this.#cage.events = this
    this.#cage.enter('ask', [this.#ask.body], this.#ask.ms)
    // Most have answered by now.
    if (this.#over) return
    const { ms } = this.#ask
    const noticeMs = ms - Math.min(NOTICE_MS, ms * NOTICE_SHARE)
    this.#late = setTimeout(() => this.#tooLate(), this.#left())
    this.#notice = setTimeout(() => this.#enter('expire', []), noticeMs)
  }

  answered(outcome: string, payload: string): void {
    if (FINAL.has(outcome)) this.#answer ??= { outcome, payload }
  }

  called(id: number, kind: string, argument: string): void {
    const { limits } = this.#ask
    this.#made += 1
    // The isolate counts for itself; what has got around that has got too far.
    if (this.#made > limits.calls + limits.timers) return this.#tooMuch()
    this.#calls ??= this.#makeCalls()
    void reply(this.#calls.capabilities, kind, argument).then((text) => this.#enter('settle', [id, text]))
  }

  logged(text: string): void {
    this.#lines += 1
    if (!this.#over && this.#lines <= this.#ask.limits.logLines + 1) this.#ask.log(text.slice(0, LINE))
  }

  left(failure: Failure | undefined): void {
    if (this.#over) return
    if (failure !== undefined) return this.#finish({ outcome: failure.outcome, payload: failure.text, spent: true })
    if (this.#answer !== undefined && this.#cage.idle) this.#finish({ ...this.#answer, spent: false })
  }

  #enter(entry: 'settle' | 'expire', args: (string | number)[]): void {
    if (!this.#over) this.#cage.enter(entry, args, this.#left())
  }

  /** Settles at once where nothing runs in the isolate; else when what runs has ended, which disposing makes it do. */
  #tooLate(): void {
    const { idle } = this.#cage
    this.#cage.dispose()
    if (idle) this.#finish({ outcome: 'timeout', payload: 'the time for the query is over', spent: true })
  }

  /** Later, because the isolate is in the middle of telling us. */
  #tooMuch(): void {
    setImmediate(() => this.#finish({ outcome: 'exception', payload: 'more calls than a query may make', spent: true }))
  }

  #finish(outcome: Outcome): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#late)
    clearTimeout(this.#notice)
    this.#calls?.end.abort()
    if (outcome.spent) this.#cage.dispose()
    this.#resolve(outcome)
  }

  #makeCalls(): { end: AbortController; capabilities: Capabilities } {
    const end = new AbortController()
    return { end, capabilities: this.#ask.capabilities(this.#ask.query, end.signal) }
  }

  #left(): number {
    return Math.max(1, this.#deadline - performance.now())
  }
}
