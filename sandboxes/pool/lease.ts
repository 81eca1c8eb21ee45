import { toResult } from '../answer.ts'
import type { Query, Result } from '../contract.ts'
import { cpuTicks } from '../process/cpu_time.ts'
import { QueryFailure } from '../failure.ts'
import { isUndoable, putBehind, putLevel } from '../process/priority.ts'
import { allowedGrowth, type Warm } from './warm.ts'
import type { Reply } from '../wire/runner.ts'

const MEGABYTE = 1 << 20
/** Reading a process's memory costs microseconds; a runner that answers thousands of queries a second is not read each time. */
const MEASURE_MS = 250
/** Several queries on one runner are watched one after the other, and need one look at it. */
const JUST_MEASURED_MS = 25
/** Deadlines nearer than this get their timer at once; the others when the query is first found still running. */
const SOON_MS = 200
/** A runner that has other queries as well may take so long to end the one that is late. */
const SETTLE_MS = 250
/** CPU time after which a query runs behind those of others, in clock ticks of 10 ms. */
const MUCH_TICKS = 5
const TICKS_PER_SECOND = 100
const LATE = 'the module did not answer before its deadline'

export interface LeaseEvents {
  /** Gives the runner back; nothing of the query is left on it. */
  returned(lease: Lease): void
  /** The runner had to be ended, or ended, with several queries on it. */
  harmed(): void
}

/** The permission to run one query on one runner until its deadline; disposing gives the runner back. */
export class Lease {
  readonly warm: Warm
  readonly #events: LeaseEvents
  readonly #late = Promise.withResolvers<never>()
  #query: Query | undefined
  #settled: Promise<void> | undefined
  #isSettled = false
  #isOverdue = false
  #ticks: number | undefined
  #servedAtFirst = 0
  #timer: NodeJS.Timeout | undefined

  constructor(warm: Warm, events: LeaseEvents) {
    this.warm = warm
    this.#events = events
    this.#late.promise.catch(() => {})
  }

  /** Asks the runner. Rejects with QueryFailure; a runner of one query is killed at its deadline, and any at its memory limit. */
  async run(query: Query): Promise<Result> {
    const { warm } = this
    const { runner } = warm
    this.#query = query
    warm.bodyBytes += query.bodyBytes
    const leftMs = query.deadline - performance.now()
    if (leftMs < SOON_MS) this.#setTimer(leftMs)
    const asked = runner.query(query.body, leftMs, query.id, warm.unit.settings.limits.cpuSeconds)
    if (runner.atOnce === 1) return this.#toResult(await asked)
    const settled = (): void => {
      this.#isSettled = true
    }
    this.#settled = asked.then(settled, settled)
    return this.#toResult(await Promise.race([asked, this.#late.promise]))
  }

  /** Called at intervals while the query runs: reads its memory and sees to its deadline. */
  watch(): void {
    if (this.#query === undefined) return
    if (this.#timer === undefined) this.#setTimer(this.#query.deadline - performance.now())
    this.#lookAtProcessor()
    const { warm } = this
    const growth = performance.now() - warm.lastMeasured < JUST_MEASURED_MS ? warm.memory.growth : this.#measure()
    if (growth <= allowedGrowth(warm) || warm.runner.ended !== undefined) return
    if (warm.leases > 1) this.#events.harmed()
    const found = Math.round(growth / MEGABYTE)
    warm.runner.kill('MODULE_OUT_OF_MEMORY', `the module used ${found} MB more than when it was loaded`)
  }

  [Symbol.dispose](): void {
    if (this.#settled === undefined || this.#isSettled) this.#release()
    // It has been answered, and something of it may still run.
    else void this.#settled.then(() => this.#release())
  }

  #release(): void {
    clearTimeout(this.#timer)
    const { warm } = this
    warm.served += 1
    if (this.#isOverdue) warm.overdue -= 1
    warm.bodyBytes -= this.#query?.bodyBytes ?? 0
    const isOver = warm.runner.ended !== undefined || warm.runner.spec.fresh === true
    if (!isOver && performance.now() - warm.lastMeasured > MEASURE_MS) this.#measure()
    if (warm.isBehind && isUndoable && warm.runner.ended === undefined) {
      putLevel(warm.runner.pid)
      warm.isBehind = false
    }
    this.#query = undefined
    this.#events.returned(this)
  }

  #toResult(reply: Reply): Result {
    const { runner } = this.warm
    const { header } = reply
    if (header.type !== 'result') runner.kill('PROTOCOL_VIOLATION', `the runner answered a query with a ${header.type} message`)
    else if (header.outcome === 'exit') {
      // It would be found gone by whoever got it next.
      runner.close()
      // Where it stands before a program it has seen no more than a signal.
      if (runner.ranOut()) return toResult({ ...reply, header: { ...header, outcome: 'out_of_memory' } })
    }
    // One that has several keeps time itself, and may be quicker to say so.
    else if (header.outcome === 'timeout' && runner.atOnce > 1) throw new QueryFailure('MODULE_TIMED_OUT', LATE)
    return toResult(reply)
  }

  /** One that computes for long yields the processor to those that answer in a moment, and ends where it may not: its own limit a module may have lifted. */
  #lookAtProcessor(): void {
    const { warm } = this
    const { cpuSeconds = Infinity } = warm.runner.atOnce === 1 ? warm.unit.settings.limits : {}
    if (warm.isBehind && cpuSeconds === Infinity) return
    const ticks = cpuTicks(warm.runner.pid)
    // Of several queries nobody knows which computes; while any is answered they do not compute for long.
    if (this.#ticks === undefined || this.#servedAtFirst !== warm.served) {
      this.#ticks = ticks
      this.#servedAtFirst = warm.served
    }
    const used = ticks - this.#ticks
    // A second more, for the kernel to say so first.
    if (used > (cpuSeconds + 1) * TICKS_PER_SECOND) return warm.runner.kill('MODULE_TIMED_OUT', `the module used more than ${cpuSeconds} s of the processor`)
    if (warm.isBehind || used < MUCH_TICKS) return
    putBehind(warm.runner.pid)
    warm.isBehind = true
  }

  #measure(): number {
    this.warm.lastMeasured = performance.now()
    return this.warm.memory.measure()
  }

  #setTimer(ms: number): void {
    this.#timer = setTimeout(() => this.#tooLate(), Math.max(0, ms))
  }

  /** A runner that has but this query is killed; one with others ends the query itself, or is killed with all of them. */
  #tooLate(): void {
    const { runner } = this.warm
    if (runner.atOnce === 1) return runner.kill('MODULE_TIMED_OUT', LATE)
    this.#isOverdue = true
    this.warm.overdue += 1
    this.#late.reject(new QueryFailure('MODULE_TIMED_OUT', LATE))
    this.#timer = setTimeout(() => {
      if (runner.ended !== undefined) return
      this.#events.harmed()
      runner.kill('MODULE_CRASHED', 'the runner was ended because another query on it did not stop at its deadline')
    }, SETTLE_MS)
  }
}
