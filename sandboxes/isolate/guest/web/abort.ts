import { DOMException } from './dom_exception.ts'
import type { Timers } from './timers.ts'

type Listener = ((event: AbortEvent) => void) | { handleEvent: (event: AbortEvent) => void }

/** What listeners get: no more of an event than a signal has. */
export interface AbortEvent {
  readonly type: string
  readonly target: AbortSignal
}

const abort = Symbol('abort')
const made = Symbol('made')

/** Says that what goes on is no longer wanted, and why. */
export class AbortSignal {
  static [made]: Timers | undefined
  readonly #listeners = new Map<Listener, boolean>()
  #aborted = false
  #reason: unknown
  onabort: ((event: AbortEvent) => void) | null = null

  constructor(key?: symbol) {
    if (key !== made) throw new TypeError('Illegal constructor: use AbortController, or AbortSignal.timeout')
  }

  static abort(reason: unknown = new DOMException('This operation was aborted', 'AbortError')): AbortSignal {
    const signal = new AbortSignal(made)
    signal[abort](reason)
    return signal
  }

  static timeout(ms: number): AbortSignal {
    const signal = new AbortSignal(made)
    AbortSignal[made]?.set(() => signal[abort](new DOMException('The operation was aborted due to timeout', 'TimeoutError')), ms)
    return signal
  }

  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const any = new AbortSignal(made)
    const all = [...signals]
    const first = all.find(({ aborted }) => aborted)
    if (first !== undefined) any[abort](first.reason)
    else for (const each of all) each.addEventListener('abort', () => any[abort](each.reason), { once: true })
    return any
  }

  get aborted(): boolean {
    return this.#aborted
  }

  get reason(): unknown {
    return this.#reason
  }

  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason
  }

  addEventListener(type: string, listener: Listener | null, options?: boolean | { once?: boolean }): void {
    if (type === 'abort' && listener !== null) this.#listeners.set(listener, typeof options === 'object' && options.once === true)
  }

  removeEventListener(type: string, listener: Listener | null): void {
    if (type === 'abort' && listener !== null) this.#listeners.delete(listener)
  }

  [abort](reason: unknown): void {
    if (this.#aborted) return
    this.#aborted = true
    this.#reason = reason
    const event = { type: 'abort', target: this }
    const listeners = [...this.#listeners.keys()]
    this.#listeners.clear()
    for (const listener of [this.onabort, ...listeners]) {
      // One listener that fails keeps no other from hearing of it.
      try {
        if (typeof listener === 'function') listener.call(this, event)
        else listener?.handleEvent(event)
      } catch {}
    }
  }
}

export class AbortController {
  readonly signal = new AbortSignal(made)

  abort(reason: unknown = new DOMException('This operation was aborted', 'AbortError')): void {
    this.signal[abort](reason)
  }
}

/** Gives `AbortSignal.timeout` its clock. */
export function clockOfSignals(timers: Timers): void {
  AbortSignal[made] = timers
}
