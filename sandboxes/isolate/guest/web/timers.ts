import { uncurried } from '../primordials.ts'
import { answerTo, type Call } from './call.ts'

/** Timers that wait at once; each of them is small, and all are the module's own memory. */
const MOST_PENDING = 1000
/** Calls that wait at the host at once, see below. */
const MOST_ALARMS = 64
const LONGEST_MS = 2 ** 31 - 1
/** An alarm that is so late will not come any more. */
const LOST_MS = 1000

interface Pending {
  readonly at: number
  readonly run: () => void
}

/** Timers of one isolate. */
export interface Timers {
  readonly set: (run: () => void, ms: number) => number
  readonly clear: (id: number) => void
  /** A query is over: what waits is forgotten. */
  readonly forget: () => void
}

// The module may change what a map and a set have.
// oxlint-disable-next-line typescript/unbound-method -- it is given its object with each call
const clearMap = uncurried(Map.prototype.clear) as (map: Map<unknown, unknown>) => void
// oxlint-disable-next-line typescript/unbound-method -- it is given its object with each call
const clearSet = uncurried(Set.prototype.clear) as (set: Set<unknown>) => void

/**
 * Timers on the one thing that the host offers: `timer` with milliseconds, which is answered when they are over. It is asked only for
 * what is due before everything else that it was asked for, so that a thousand timers are a call or two. When a call fails its query
 * is over, and what waited when it was made is forgotten; later ones may be of the next query.
 */
export function makeTimers(call: Call, report: (error: unknown) => void): Timers {
  const pending = new Map<number, Pending>()
  const alarms = new Set<number>()
  let last = 0
  let arming = false

  const ring = () => {
    const now = Date.now()
    const due = [...pending].filter(([, { at }]) => at <= now).toSorted(([, a], [, b]) => a.at - b.at)
    for (const [id, { run }] of due) {
      // It may have been cleared by one before it.
      if (!pending.delete(id)) continue
      try {
        run()
      } catch (error) {
        report(error)
      }
    }
    armSoon()
  }

  /** Once for all timers that are set in one go. */
  const armSoon = () => {
    if (arming) return
    arming = true
    void Promise.resolve().then(arm)
  }

  const arm = () => {
    arming = false
    if (pending.size === 0) return
    const now = Date.now()
    for (const alarm of alarms) if (alarm < now - LOST_MS) alarms.delete(alarm)
    const next = Math.min(...[...pending.values()].map(({ at }) => at))
    if (Math.min(...alarms) <= next || alarms.size >= MOST_ALARMS) return
    alarms.add(next)
    const newest = last
    const over = () => alarms.delete(next)
    answerTo(call, 'timer', Math.max(0, next - now)).then(() => {
      over()
      ring()
    }, () => {
      over()
      for (const id of pending.keys()) if (id <= newest) pending.delete(id)
      armSoon()
    })
  }

  return {
    set(run, ms) {
      if (pending.size >= MOST_PENDING) throw new RangeError(`${MOST_PENDING} timers are waiting already`)
      const delay = Math.trunc(Number(ms)) || 0
      pending.set(last += 1, { at: Date.now() + Math.min(Math.max(delay, 0), LONGEST_MS), run })
      armSoon()
      return last
    },
    clear: (id) => void pending.delete(id),
    forget: () => {
      clearMap(pending)
      clearSet(alarms)
    },
  }
}
