import type { Ask } from '../../sandboxes/contract.ts'
import { QueryFailure, type FailureCode } from '../../sandboxes/failure.ts'
import { asFailure } from './bug.ts'

/** So many crashes within so long, and the module is off for so long. */
const MOST = 5
const WITHIN_MS = 60_000
const OFF_MS = 5 * 60_000

/** What costs a process: the next query of the kind would cost the next one. */
const CRASHES: ReadonlySet<FailureCode> = new Set(['MODULE_CRASHED', 'MODULE_OUT_OF_MEMORY', 'PROTOCOL_VIOLATION'])

interface History {
  /** The version that did it: another one begins anew. */
  readonly version: string
  /** When, on the `performance.now()` clock; the newest last. */
  readonly crashes: number[]
  offUntil: number
}

export interface BreakerOptions {
  /** The version of a module that is served. undefined: there is none. */
  readonly versionOf: (module: string) => string | undefined
  /** Told when a module is turned off. */
  readonly turnedOff: (module: string, seconds: number) => void
  /** On the `performance.now()` clock; for tests. */
  readonly now?: () => number
}

/** Turns a module off for a while that crashes again and again: each crash costs a process, and the starts of others wait behind it. */
export class Breaker {
  readonly #options: BreakerOptions
  readonly #now: () => number
  readonly #records = new Map<string, History>()

  constructor(options: BreakerOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
  }

  /** Not a method, because it goes into the list of layers. */
  readonly layer = (next: Ask): Ask => (query) => {
    const { module } = query
    const left = this.#leftMs(module)
    if (left > 0) {
      const message = `the module "${module}" has crashed ${MOST} times within ${WITHIN_MS / 1000} s and is off for ${Math.ceil(left / 1000)} s more`
      return Promise.reject(new QueryFailure('SANDBOX_UNAVAILABLE', message))
    }
    return next(query).catch((thrown: unknown) => {
      const failure = asFailure(thrown)
      if (CRASHES.has(failure.code)) this.#crashed(module)
      throw failure
    })
  }

  /** When the module is on again, in milliseconds since 1970. undefined: it is not off. */
  readonly offUntil = (module: string): number | undefined => {
    const left = this.#leftMs(module)
    return left > 0 ? Date.now() + left : undefined
  }

  #leftMs(module: string): number {
    const record = this.#records.get(module)
    if (record === undefined || record.offUntil === 0) return 0
    return record.version === this.#options.versionOf(module) ? record.offUntil - this.#now() : 0
  }

  #crashed(module: string): void {
    const version = this.#options.versionOf(module)
    if (version === undefined) return
    const now = this.#now()
    let record = this.#records.get(module)
    if (record?.version !== version) this.#records.set(module, record = { version, crashes: [], offUntil: 0 })
    record.crashes.push(now)
    while ((record.crashes[0] ?? now) < now - WITHIN_MS) record.crashes.shift()
    if (record.crashes.length < MOST || record.offUntil > now) return
    record.offUntil = now + OFF_MS
    record.crashes.length = 0
    this.#options.turnedOff(module, OFF_MS / 1000)
  }
}
