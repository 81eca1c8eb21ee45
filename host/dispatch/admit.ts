import type { Ask, Query, Result } from '../../sandboxes/contract.ts'
import { QueryFailure } from '../../sandboxes/failure.ts'
import type { Lease } from '../../sandboxes/pool/lease.ts'
import type { Pool } from '../../sandboxes/pool/pool.ts'
import type { Unit } from '../../sandboxes/unit.ts'
import type { Times } from './watched.ts'

export interface AdmitOptions {
  readonly pool: Pool
  /** The module a query is about. Throws QueryFailure UNKNOWN_MODULE or NOT_LOADED. */
  readonly unitOf: (query: Query) => Unit
  /** Bounds of the queue; beyond them a query is refused. */
  readonly queueQueries: number
  readonly queueBytes: number
  /** With what: whether the queue is everybody's or the tenant's own. */
  readonly beyond: 'BUSY' | 'QUOTA_EXCEEDED'
  /** Most queries that run at a time. Infinity: as many as there are runners. */
  readonly concurrency: number
  /** Told of each query that has run or was refused while it waited, before its result is. */
  readonly timed?: (query: Query, times: Times) => void
}

interface Waiting {
  readonly query: Query
  readonly since: number
  readonly resolve: (result: Promise<Result>) => void
  readonly reject: (failure: QueryFailure) => void
  timer?: NodeJS.Timeout
}

interface Line {
  readonly unit: Unit
  readonly waiting: Set<Waiting>
  /** Those that came since the line was last looked at. */
  fresh: Waiting[]
  tick?: NodeJS.Timeout
}

/** How often a line that somebody stands in is looked at: whether it needs more runners, and whose time is up. */
const TICK_MS = 2

/**
 * The innermost layer, and the only place where queries wait: one line per module version, first come, first served. A
 * query that finds a runner idle goes straight through. Where only so many may run at a time, the lines have their turns.
 */
export class Admission {
  readonly #options: AdmitOptions
  readonly #lines = new Map<string, Line>()
  #queries = 0
  #bytes = 0
  #running = 0
  #closed = false

  constructor(options: AdmitOptions) {
    this.#options = options
  }

  readonly ask: Ask = (query) => {
    if (this.#closed) return Promise.reject(new QueryFailure('SHUTTING_DOWN', 'the host is shutting down'))
    let unit: Unit
    try {
      unit = this.#options.unitOf(query)
    } catch (failure) {
      return Promise.reject(failure as QueryFailure)
    }
    const { inputBytes } = unit.runtime
    if (inputBytes !== undefined && query.bodyBytes > inputBytes) {
      return Promise.reject(new QueryFailure('INPUT_TOO_LARGE', `the body has ${query.bodyBytes} bytes, modules of this kind take at most ${inputBytes}`))
    }
    const line = this.#lines.get(unit.key)
    if (line === undefined && this.#running < this.#options.concurrency) {
      const lease = this.#options.pool.lease(unit)
      if (lease !== undefined) return this.#run(lease, query, undefined)
    }
    return this.#wait(line ?? this.#newLine(unit), query)
  }

  /**
   * What waits for a version that is no longer served waits for the new one, at the same place. What has none now keeps the old, unless that is
   * not permitted any more.
   */
  renew(isCurrent: (unit: Unit) => boolean, isPermitted: (unit: Unit) => boolean): void {
    for (const line of this.#lines.values()) {
      if (isCurrent(line.unit)) continue
      for (const waiting of line.waiting) {
        const unit = this.#unitFor(waiting.query)
        if (unit instanceof QueryFailure) {
          if (!isPermitted(line.unit)) this.failed(line.unit.key, unit)
          break
        }
        this.#leave(line, waiting)
        this.#stand(this.#lines.get(unit.key) ?? this.#newLine(unit), waiting)
      }
    }
  }

  #unitFor(query: Query): Unit | QueryFailure {
    try {
      return this.#options.unitOf(query)
    } catch (failure) {
      return failure as QueryFailure
    }
  }

  /** A runner is idle: whoever waits longest gets it. */
  free(key: string): void {
    if (this.#options.concurrency !== Infinity) return this.#takeTurns()
    const line = this.#lines.get(key)
    while (line !== undefined && this.#serveOne(line)) { /* until nobody waits, or no runner is idle */ }
  }

  /** One query of each line, and again, while more may run and a line that waits has an idle runner. */
  #takeTurns(): void {
    for (const [key, line] of this.#lines) {
      if (this.#running >= this.#options.concurrency) return
      // One that was served, and in which more wait, comes after all others: in this loop, and in the next.
      if (this.#serveOne(line) && this.#lines.delete(key)) this.#lines.set(key, line)
    }
  }

  /** Whether there was a runner for the first in this line. */
  #serveOne(line: Line): boolean {
    const [next] = line.waiting
    const lease = next && this.#options.pool.lease(line.unit)
    if (next === undefined || lease === undefined) return false
    this.#leave(line, next)
    next.resolve(this.#run(lease, next.query, next.since))
    return true
  }

  /** No runner could be had: everybody in that line hears why. */
  failed(key: string, failure: QueryFailure): void {
    const line = this.#lines.get(key)
    if (line === undefined) return
    for (const next of line.waiting) {
      this.#leave(line, next)
      this.#options.timed?.(next.query, { queueMs: 0, startMs: performance.now() - next.since, runMs: undefined })
      next.reject(failure)
    }
  }

  /** Those that wait, by the name of their module. */
  waiting(): Map<string, number> {
    const waiting = new Map<string, number>()
    for (const { unit: { source: { name } }, waiting: { size } } of this.#lines.values()) waiting.set(name, (waiting.get(name) ?? 0) + size)
    return waiting
  }

  status(): { waiting: number; waitingBytes: number; running: number } {
    return { waiting: this.#queries, waitingBytes: this.#bytes, running: this.#running }
  }

  /** Takes no more queries; those that wait are refused, those that run go on. */
  close(): void {
    this.#closed = true
    const failure = new QueryFailure('SHUTTING_DOWN', 'the host is shutting down')
    for (const key of this.#lines.keys()) this.failed(key, failure)
  }

  /** `since`: when it began to wait. */
  async #run(lease: Lease, query: Query, since: number | undefined): Promise<Result> {
    using held = lease
    const begun = performance.now()
    this.#running += 1
    try {
      return await held.run(query)
    } finally {
      this.#running -= 1
      if (this.#running === this.#options.concurrency - 1) this.#takeTurns()
      this.#options.timed?.(query, timesOf(held, since ?? begun, begun))
    }
  }

  #newLine(unit: Unit): Line {
    const line: Line = { unit, waiting: new Set(), fresh: [] }
    this.#lines.set(unit.key, line)
    return line
  }

  #wait(line: Line, query: Query): Promise<Result> {
    const { queueQueries, queueBytes, beyond } = this.#options
    // The first in its line may always wait: a module that keeps thousands waiting keeps no other from being asked.
    if (line.waiting.size > 0 && (this.#queries >= queueQueries || this.#bytes + query.bodyBytes > queueBytes)) {
      const found = `${this.#queries} queries with ${this.#bytes} bytes wait`
      return Promise.reject(new QueryFailure(beyond, `${found}, at most ${queueQueries} with ${queueBytes} may: try again in some seconds`))
    }
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    this.#stand(line, { query, since: performance.now(), resolve, reject })
    return promise
  }

  #stand(line: Line, waiting: Waiting): void {
    line.waiting.add(waiting)
    line.fresh.push(waiting)
    this.#queries += 1
    this.#bytes += waiting.query.bodyBytes
    this.#grow(line, 0)
    line.tick ??= setInterval(() => this.#look(line), TICK_MS)
  }

  #leave(line: Line, waiting: Waiting): void {
    line.waiting.delete(waiting)
    clearTimeout(waiting.timer)
    this.#queries -= 1
    this.#bytes -= waiting.query.bodyBytes
    if (line.waiting.size > 0) return
    clearInterval(line.tick)
    this.#lines.delete(line.unit.key)
  }

  #look(line: Line): void {
    const now = performance.now()
    const [first] = line.waiting
    if (first === undefined) return
    this.#grow(line, now - first.since)
    // Most never wait long enough to need a timer; those who still wait at the first look get theirs.
    for (const waiting of line.fresh.splice(0)) {
      if (line.waiting.has(waiting)) waiting.timer = setTimeout(() => this.#tooLate(line, waiting), Math.max(0, waiting.query.deadline - now))
    }
  }

  /** Runners for those that wait and may run. One that has none gets its first in any case, so that it is there when its turn comes. */
  #grow({ unit, waiting }: Line, waitedMs: number): void {
    const { pool, concurrency } = this.#options
    const allowed = concurrency - this.#running
    if (allowed > 0) pool.grow(unit, Math.min(waiting.size, allowed), waitedMs)
    else if (!pool.has(unit)) pool.grow(unit, 1, waitedMs)
  }

  #tooLate(line: Line, waiting: Waiting): void {
    this.#leave(line, waiting)
    this.#options.timed?.(waiting.query, { queueMs: performance.now() - waiting.since, startMs: 0, runMs: undefined })
    waiting.reject(new QueryFailure('MODULE_TIMED_OUT', 'no runner of the module was free before the deadline'))
  }
}

/** A wait is for the start of a runner as far as the one that the query got was being started meanwhile. */
function timesOf({ warm: { startedAt, readyAt } }: Lease, since: number, begun: number): Times {
  const startMs = Math.max(0, Math.min(readyAt, begun) - Math.max(startedAt, since))
  return { queueMs: begun - since - startMs, startMs, runMs: performance.now() - begun }
}
