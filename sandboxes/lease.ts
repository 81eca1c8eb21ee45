import { toResult } from './answer.ts'
import type { Query, Result } from './contract.ts'
import { anonymousBytes } from './memory.ts'
import type { Unit } from './unit.ts'
import type { Runner } from './wire/runner.ts'

const MEGABYTE = 1 << 20
/** What a query may use grows with its body: bytes, text and parsed values of it exist side by side. */
const MEMORY_PER_BODY_BYTE = 8
/** Reading a process's memory costs microseconds; a runner that answers thousands of queries a second is not read each time. */
const MEASURE_MS = 250
/** Deadlines nearer than this get their timer at once; the others when the query is first found still running. */
const SOON_MS = 200

/** A runner that has become a module, and what is known of its memory (bytes; growth since it was loaded). */
export interface Warm {
  readonly runner: Runner
  readonly unit: Unit
  anonymousAtLoad: number
  privateAtLoad: number
  growth: number
  lastUsed: number
  lastMeasured: number
}

/** The permission to run one query on one runner until its deadline; disposing gives the runner back. */
export class Lease {
  readonly warm: Warm
  readonly #giveBack: () => void
  #query: Query | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(warm: Warm, giveBack: () => void) {
    this.warm = warm
    this.#giveBack = giveBack
  }

  /** Asks the runner. Rejects with QueryFailure; at the deadline and at the memory limit the runner is killed. */
  async run(query: Query): Promise<Result> {
    const { warm } = this
    if (warm.anonymousAtLoad === 0) warm.anonymousAtLoad = anonymousBytes(warm.runner.pid)
    this.#query = query
    const leftMs = query.deadline - performance.now()
    if (leftMs < SOON_MS) this.#setTimer(leftMs)
    const reply = await warm.runner.query(query.body, Math.ceil(leftMs / 1000) * CPU_PER_WALL, query.id)
    return toResult(reply)
  }

  /** Called at intervals while the query runs: reads its memory and sees to its deadline. */
  watch(): void {
    if (this.#query === undefined) return
    if (this.#timer === undefined) this.#setTimer(this.#query.deadline - performance.now())
    this.#measure()
    const allowed = this.warm.unit.settings.limits.memoryMb * MEGABYTE + MEMORY_PER_BODY_BYTE * this.#query.bodyBytes
    if (this.warm.growth > allowed) {
      const found = Math.round(this.warm.growth / MEGABYTE)
      this.warm.runner.kill('MODULE_OUT_OF_MEMORY', `the module used ${found} MB more than when it was loaded`)
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    const { warm } = this
    if (warm.runner.ended === undefined && performance.now() - warm.lastMeasured > MEASURE_MS) this.#measure()
    this.#query = undefined
    this.#giveBack()
  }

  #measure(): void {
    const { warm } = this
    warm.lastMeasured = performance.now()
    const anonymous = anonymousBytes(warm.runner.pid)
    if (anonymous > 0) warm.growth = Math.max(0, anonymous - warm.anonymousAtLoad)
  }

  #setTimer(ms: number): void {
    this.#timer = setTimeout(() => {
      this.warm.runner.kill('MODULE_TIMED_OUT', 'the module did not answer before its deadline')
    }, Math.max(0, ms))
  }
}

/** A handler may keep this many cores busy for the whole of its time. */
const CPU_PER_WALL = 4
