import { toResult } from './answer.ts'
import type { Query, Result } from './contract.ts'
import { cpuTicks } from './cpu_time.ts'
import { QueryFailure } from './failure.ts'
import type { MemoryWatch } from './memory_watch.ts'
import { isUndoable, putBehind, putLevel } from './priority.ts'
import type { Unit } from './unit.ts'
import type { Asked, Runner } from './wire/runner.ts'

const MEGABYTE = 1 << 20
/** What a query may use grows with its body: bytes, text and parsed values of it exist side by side. */
const MEMORY_PER_BODY_BYTE = 8
/** Reading a process's memory costs microseconds; a runner that answers thousands of queries a second is not read each time. */
const MEASURE_MS = 250
/** Deadlines nearer than this get their timer at once; the others when the query is first found still running. */
const SOON_MS = 200

/** A runner that has become a module, and what is known of it. */
export interface Warm {
  readonly runner: Runner
  readonly unit: Unit
  /** Since it was loaded. */
  readonly memory: MemoryWatch
  /** When its start began, and when it had become the module. */
  readonly startedAt: number
  readonly readyAt: number
  /** Processes that were below it then: a program that it passes queries on to. */
  readonly belowAtLoad: readonly number[]
  /** Queries that it is asked at the moment, and the bytes of their bodies. */
  queries: number
  bodyBytes: number
  /** It is asked nothing more, and ends with its last query. */
  leaving: boolean
  /** Private memory when it was loaded, in bytes. */
  privateAtLoad: number
  lastUsed: number
  lastMeasured: number
  /** It runs behind others: it has not answered yet, or its query computes for long. */
  isBehind: boolean
  /** CPU time it had used when it was first seen at rest. */
  restingTicks: number | undefined
}

/** The permission to run one query on one runner until its deadline; disposing gives the runner back. */
export class Lease {
  readonly warm: Warm
  readonly #giveBack: () => void
  #query: Query | undefined
  #asked: Asked | undefined
  /** Settles when the runner has let go of a query whose time was up. */
  #ending: Promise<void> | undefined
  #ticks: number | undefined
  #since: number | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(warm: Warm, giveBack: () => void) {
    this.warm = warm
    this.#giveBack = giveBack
  }

  /** Asks the runner. Rejects with QueryFailure; at the deadline the query ends, and at the memory limit the runner is killed. */
  async run(query: Query): Promise<Result> {
    const { warm } = this
    this.#query = query
    warm.bodyBytes += query.bodyBytes
    const leftMs = query.deadline - performance.now()
    if (leftMs < SOON_MS) this.#setTimer(leftMs)
    this.#asked = warm.runner.query(query.body, leftMs, query.id)
    const reply = await this.#asked.reply
    const { header } = reply
    if (header.type !== 'result') warm.runner.kill('PROTOCOL_VIOLATION', `the runner answered a query with a ${header.type} message`)
    // It would be found gone by whoever got it next.
    else if (header.outcome === 'exit') warm.runner.close()
    return toResult(reply)
  }

  /** Called at intervals while the query runs: reads its memory and sees to its deadline. */
  watch(): void {
    if (this.#query === undefined) return
    if (this.#timer === undefined) this.#setTimer(this.#query.deadline - performance.now())
    this.#yieldWhenLong()
    const growth = this.#measure()
    const allowed = growthBytes(this.warm.unit) + MEMORY_PER_BODY_BYTE * this.warm.bodyBytes
    if (growth > allowed) {
      const found = Math.round(growth / MEGABYTE)
      this.warm.runner.kill('MODULE_OUT_OF_MEMORY', `the module used ${found} MB more than when it was loaded`)
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    const { warm } = this
    warm.bodyBytes -= this.#query?.bodyBytes ?? 0
    if (warm.runner.ended === undefined && performance.now() - warm.lastMeasured > MEASURE_MS) this.#measure()
    if (warm.isBehind && isUndoable && warm.runner.ended === undefined) {
      putLevel(warm.runner.pid)
      warm.isBehind = false
    }
    this.#query = undefined
    // A runner that has not let go of the query yet is not free for another.
    if (this.#ending === undefined) this.#giveBack()
    else void this.#ending.then(this.#giveBack)
  }

  /** One that computes for long yields the processor to those that answer in a moment. */
  #yieldWhenLong(): void {
    const { warm } = this
    if (warm.isBehind) return
    const ticks = cpuTicks(warm.runner.pid)
    this.#ticks ??= ticks
    this.#since ??= performance.now()
    const used = ticks - this.#ticks
    // One that is asked much at once is at work all the time without computing for long.
    if (used < MUCH_TICKS || (warm.queries > 1 && used * TICK_MS < (performance.now() - this.#since) * MOST_OF_A_CORE)) return
    putBehind(warm.runner.pid)
    warm.isBehind = true
  }

  #measure(): number {
    const { warm } = this
    const now = performance.now()
    // Several leases of one runner need to look once.
    if (now - warm.lastMeasured < FRESH_MS) return warm.memory.growth
    warm.lastMeasured = now
    return warm.memory.measure()
  }

  #setTimer(ms: number): void {
    this.#timer = setTimeout(() => this.#timeOut(), Math.max(0, ms))
  }

  /** The caller hears at once. A runner of several queries ends this one by itself; one that does not is stuck. */
  #timeOut(): void {
    const { runner } = this.warm
    const message = 'the module did not answer before its deadline'
    if (runner.atOnce === 1 || this.#asked === undefined) return runner.kill('MODULE_TIMED_OUT', message)
    this.#ending = this.#asked.abandon(new QueryFailure('MODULE_TIMED_OUT', message))
    const stuck = setTimeout(() => {
      runner.kill('MODULE_CRASHED', `the runner did not end another query of the module that was over for ${SETTLE_MS} ms`)
    }, SETTLE_MS)
    void this.#ending.then(() => clearTimeout(stuck))
  }
}

/** Private memory that a runner of this unit may add, in bytes. */
export function growthBytes({ runtime, settings }: Unit): number {
  return runtime.growthBytes?.(settings) ?? settings.limits.memoryMb * MEGABYTE
}

/** How long a runner may take to end a query whose time is up. */
const SETTLE_MS = 250
/** Memory that was read so recently is not read again. */
const FRESH_MS = 20
/** A clock tick, and the share of a core that is all of it. */
const TICK_MS = 10
const MOST_OF_A_CORE = 0.8

/** CPU time after which a query runs behind those of others, in clock ticks of 10 ms. */
const MUCH_TICKS = 5

