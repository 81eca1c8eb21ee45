import type { Ask, ModuleType, Result } from '../../sandboxes/contract.ts'
import type { QueryFailure } from '../../sandboxes/failure.ts'
import type { Catalogue } from '../registry/catalogue.ts'
import { asFailure } from './bug.ts'

/** Upper bounds of the buckets of answer times, in seconds, inclusive. */
const BOUNDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300] as const

/** What was counted, of one module or of all. Moments are milliseconds since 1970 with a fraction. */
export interface Counts {
  readonly queries: number
  readonly completed: number
  readonly successes: number
  readonly moduleErrors: number
  readonly exceptions: number
  readonly timeouts: number
  readonly requestBytes: number
  readonly responseBytes: number
  readonly lastQueryAt: number | undefined
  readonly lastCompletedAt: number | undefined
  readonly seconds: Seconds
  /** Cumulative: each holds what those before it hold. */
  readonly buckets: readonly { readonly bound: number; readonly count: number }[]
}

interface Seconds {
  readonly total: number
  readonly min: number | undefined
  readonly max: number | undefined
  readonly last: number | undefined
}

export interface Snapshot {
  readonly startedAt: number
  readonly uptimeSeconds: number
  readonly totals: Counts
  /** Every loaded module, in the catalogue's order. */
  readonly modules: readonly { readonly name: string; readonly type: ModuleType; readonly counts: Counts }[]
}

export interface Statistics {
  /** Counts the queries about loaded modules. The outermost layer, so that everything that fails is counted. */
  readonly layer: (next: Ask) => Ask
  readonly snapshot: (catalogue: Catalogue) => Snapshot
}

export interface StatisticsOptions {
  readonly catalogue: () => Catalogue
  /** How long the answer is that a failure is given, in bytes. */
  readonly answerBytes: (failure: QueryFailure) => number
}

type Outcome = 'successes' | 'moduleErrors' | 'exceptions' | 'timeouts'
type Tally = { -readonly [Key in keyof Omit<Counts, 'seconds' | 'buckets'>]: Counts[Key] } & {
  readonly seconds: { -readonly [Key in keyof Seconds]: Seconds[Key] }
  /** Not cumulative, so that counting touches one of them. */
  readonly slots: number[]
}

/** Counters of this process since its start. They hold numbers only, nothing of what was asked or answered. */
export function makeStatistics({ catalogue, answerBytes }: StatisticsOptions): Statistics {
  const now = wallClock()
  const startedAt = now()
  const started = performance.now()
  const totals = newTally()
  const tallies = new Map<string, Tally>()

  function start(name: string, bytes: number): Tally {
    let tally = tallies.get(name)
    if (tally === undefined) tallies.set(name, tally = newTally())
    const moment = now()
    countStart(tally, bytes, moment)
    countStart(totals, bytes, moment)
    return tally
  }

  function end(tally: Tally, since: number, outcome: Outcome, bytes: number): void {
    const seconds = (performance.now() - since) / 1000
    const moment = now()
    countEnd(tally, outcome, seconds, bytes, moment)
    countEnd(totals, outcome, seconds, bytes, moment)
  }

  /** Upstream counts nothing of a body that its JSON parser refuses. */
  function forget(tally: Tally, bytes: number): void {
    for (const each of [tally, totals]) {
      each.queries -= 1
      each.requestBytes -= bytes
    }
  }

  return {
    layer: (next) => (query) => {
      if (!catalogue().loaded.has(query.module)) return next(query)
      const since = performance.now()
      const tally = start(query.module, query.bodyBytes)
      return next(query).then((result: Result) => {
        end(tally, since, result.outcome === 'success' ? 'successes' : 'moduleErrors', result.bodyBytes)
        return result
      }, (thrown: unknown) => {
        const failure = asFailure(thrown)
        if (failure.code === 'BAD_REQUEST') forget(tally, query.bodyBytes)
        else end(tally, since, failure.code === 'MODULE_TIMED_OUT' ? 'timeouts' : 'exceptions', answerBytes(failure))
        throw failure
      })
    },
    snapshot: ({ loaded }) => ({
      startedAt,
      uptimeSeconds: (performance.now() - started) / 1000,
      totals: toCounts(totals),
      modules: [...loaded].map(([name, { source: { type } }]) => ({ name, type, counts: toCounts(tallies.get(name) ?? newTally()) })),
    }),
  }
}

/**
 * The time of day to the microsecond: the fine clock, which no suspended machine or set clock moves, put right by the coarse
 * one whenever they have come apart.
 */
function wallClock(): () => number {
  let offset = performance.timeOrigin
  return () => {
    const fine = performance.now()
    const coarse = Date.now()
    if (Math.abs(coarse - offset - fine) > 50) offset = coarse - fine
    return offset + fine
  }
}

function newTally(): Tally {
  return {
    queries: 0, completed: 0, successes: 0, moduleErrors: 0, exceptions: 0, timeouts: 0, requestBytes: 0, responseBytes: 0,
    lastQueryAt: undefined, lastCompletedAt: undefined,
    seconds: { total: 0, min: undefined, max: undefined, last: undefined },
    slots: BOUNDS.map(() => 0),
  }
}

function countStart(tally: Tally, bytes: number, moment: number): void {
  tally.queries += 1
  tally.requestBytes += bytes
  tally.lastQueryAt = moment
}

function countEnd(tally: Tally, outcome: Outcome, seconds: number, bytes: number, moment: number): void {
  tally.completed += 1
  tally[outcome] += 1
  tally.responseBytes += bytes
  tally.lastCompletedAt = moment
  const times = tally.seconds
  times.total += seconds
  times.min = times.min === undefined ? seconds : Math.min(times.min, seconds)
  times.max = times.max === undefined ? seconds : Math.max(times.max, seconds)
  times.last = seconds
  const slot = BOUNDS.findIndex((bound) => seconds <= bound)
  if (slot !== -1) tally.slots[slot]! += 1
}

function toCounts({ slots, ...counts }: Tally): Counts {
  let count = 0
  const buckets = BOUNDS.map((bound, slot) => ({ bound, count: count += slots[slot]! }))
  return { ...counts, seconds: { ...counts.seconds }, buckets }
}
