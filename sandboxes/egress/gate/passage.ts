import type { EventEmitter } from 'node:events'
import { Transform } from 'node:stream'
import { EgressError, type EgressCode } from '../egress_error.ts'
import { toEgressError } from '../why.ts'
import type { Budget } from './budget.ts'
import type { Audit, Visitor } from './messages.ts'

/** What every request that comes through a door has. */
export interface PassageParts {
  readonly door: string
  readonly visitor: Visitor
  readonly budget: Budget
  readonly audited: (audit: Audit) => void
}

/** One request on its way out: it is counted from its beginning, and told of once at its end, whatever becomes of it; those that a cap refuses are told of together. */
export class Passage {
  readonly visitor: Visitor
  /** Ends with the time that a connection may last, with whoever asked, and with `end`. */
  readonly signal: AbortSignal
  readonly #parts: PassageParts
  readonly #verb: string
  readonly #query: string | undefined
  readonly #began = performance.now()
  readonly #end = new AbortController()
  readonly #gone = new AbortController()
  readonly #held = new DisposableStack()
  #target: { host: string; port?: number } = { host: '' }
  #sent = 0
  #received = 0
  #over = false

  constructor(parts: PassageParts, verb: string, query: string | undefined) {
    this.#parts = parts
    this.#verb = verb.slice(0, 50)
    this.#query = query
    this.visitor = parts.visitor
    this.signal = AbortSignal.any([this.#end.signal, this.#gone.signal, AbortSignal.timeout(parts.visitor.caps.connectionMs)])
  }

  /** It is for whoever is at the other end of this, and ends with them. */
  follow(client: EventEmitter): void {
    client.once('close', () => this.#gone.abort())
  }

  /** Where it wants to go: of several hosts the last one counts. */
  towards(host: string, port?: number): void {
    this.#target = { host: host.slice(0, 300), ...(port !== undefined && { port }) }
  }

  /** Takes one of the tenant's connections. Throws EgressError `quota`. */
  enter(): void {
    this.#held.use(this.#parts.budget.enter(this.visitor.caps))
  }

  /** Counts what passes. Throws EgressError `quota`. */
  count(bytes: number, way: 'sent' | 'received'): void {
    if (way === 'sent') this.#sent += bytes
    else this.#received += bytes
    this.#parts.budget.spend(bytes, this.visitor.caps)
  }

  /** Counts what comes and is kept until all of it is there. Throws EgressError `quota`. */
  keep(bytes: number): void {
    this.count(bytes, 'received')
    if (!this.#over) this.#held.use(this.#parts.budget.hold(bytes))
  }

  /** A stream that counts what goes through it, and fails where that is too much. */
  counting(way: 'sent' | 'received'): Transform {
    return new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        try {
          this.count(chunk.length, way)
          done(null, chunk)
        } catch (error) {
          done(error as Error)
        }
      },
    })
  }

  /** It is over: `failure` says why it was not let through, or ended early. Returns it in our words. */
  end(failure?: unknown): EgressError | undefined {
    const said = failure === undefined ? undefined : this.#inWords(failure)
    if (this.#over) return said
    this.#over = true
    this.#held.dispose()
    this.#end.abort()
    const { door, visitor: { tenant, module }, budget, audited } = this.#parts
    const refused = said?.code === 'quota' ? budget.refused() : 1
    if (refused === undefined) return said
    audited({
      ...(refused > 1 && { times: refused }),
      door, tenant, module, ...(this.#query !== undefined && { query: this.#query }), verb: this.#verb, ...this.#target,
      verdict: said?.code ?? 'allowed', ...(said !== undefined && { why: said.message.slice(0, 1000) }),
      sent: this.#sent, received: this.#received, ms: Math.round((performance.now() - this.#began) * 1000) / 1000,
    })
    return said
  }

  #inWords(failure: unknown): EgressError {
    // What we have said ourselves is why it ended; anything else may be how it ended.
    if (failure instanceof EgressError && (failure.code === 'quota' || failure.code === 'denied')) return failure
    if (this.#gone.signal.aborted) return new EgressError('aborted', 'the module left before it was over', { cause: failure })
    if (this.signal.aborted && !this.#end.signal.aborted) {
      return new EgressError('timeout', `a connection may last ${this.visitor.caps.connectionMs / 1000} s`)
    }
    return toEgressError(failure)
  }
}

/** The status that a proxy answers with. */
export const STATUS: Readonly<Record<EgressCode, number>> = {
  denied: 403, quota: 429, bad_request: 400, timeout: 504, too_large: 502, unreachable: 502, tls: 502, aborted: 502,
}
