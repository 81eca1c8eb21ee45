import { toResult } from './answer.ts'
import type { Query, Result } from './contract.ts'
import { cpuTicks } from './cpu_time.ts'
import type { MemoryWatch } from './memory_watch.ts'
import { isUndoable, putBehind, putLevel } from './priority.ts'
import type { Unit } from './unit.ts'
import type { Runner } from './wire/runner.ts'

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
  #ticks: number | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(warm: Warm, giveBack: () => void) {
    this.warm = warm
    this.#giveBack = giveBack
  }

  /** Asks the runner. Rejects with QueryFailure; at the deadline and at the memory limit the runner is killed. */
  async run(query: Query): Promise<Result> {
    const { warm } = this
    this.#query = query
    const leftMs = query.deadline - performance.now()
    if (leftMs < SOON_MS) this.#setTimer(leftMs)
    const reply = await warm.runner.query(query.body, leftMs, query.id)
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
    const allowed = this.warm.unit.settings.limits.memoryMb * MEGABYTE + MEMORY_PER_BODY_BYTE * this.#query.bodyBytes
    if (growth > allowed) {
      const found = Math.round(growth / MEGABYTE)
      this.warm.runner.kill('MODULE_OUT_OF_MEMORY', `the module used ${found} MB more than when it was loaded`)
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    const { warm } = this
    if (warm.runner.ended === undefined && performance.now() - warm.lastMeasured > MEASURE_MS) this.#measure()
    if (warm.isBehind && isUndoable && warm.runner.ended === undefined) {
      putLevel(warm.runner.pid)
      warm.isBehind = false
    }
    this.#query = undefined
    this.#giveBack()
  }

  /** One that computes for long yields the processor to those that answer in a moment. */
  #yieldWhenLong(): void {
    const { warm } = this
    if (warm.isBehind) return
    const ticks = cpuTicks(warm.runner.pid)
    this.#ticks ??= ticks
    if (ticks - this.#ticks < MUCH_TICKS) return
    putBehind(warm.runner.pid)
    warm.isBehind = true
  }

  #measure(): number {
    this.warm.lastMeasured = performance.now()
    return this.warm.memory.measure()
  }

  #setTimer(ms: number): void {
    this.#timer = setTimeout(() => {
      this.warm.runner.kill('MODULE_TIMED_OUT', 'the module did not answer before its deadline')
    }, Math.max(0, ms))
  }
}

/** CPU time after which a query runs behind those of others, in clock ticks of 10 ms. */
const MUCH_TICKS = 5

/** Takes the last one; those that have ended, and whose end is not yet settled, are nobody's any more. */
export function lastAlive(idle: Warm[]): Warm | undefined {
  for (;;) {
    const warm = idle.pop()
    if (warm === undefined || warm.runner.ended === undefined) return warm
  }
}
