import type { Ask } from '../../sandboxes/contract.ts'
import { QueryFailure } from '../../sandboxes/failure.ts'

/** How much earlier than asked a query is answered: a share of its timeout, within bounds. The client's own clock runs out at the same second. */
export interface Margin {
  readonly share: number
  readonly leastMs: number
  readonly mostMs: number
}

export const MARGIN: Margin = { share: 0.05, leastMs: 100, mostMs: 1000 }

export interface Times {
  /** When the request's headers had arrived, on the clock that the deadline is for. */
  readonly receivedAt: number
  /** The request's own timeout in seconds, which may be zero or negative; undefined when it has none. */
  readonly asked: number | undefined
  /** The module's configured timeout in seconds. */
  readonly configured: number
  readonly margin: Margin
}

/**
 * The moment by which a query is answered. The configured timeout holds where the request has none and caps it otherwise;
 * the margin is taken off the request's only. A timeout that is up from the start gives `receivedAt`.
 */
export function deadlineOf({ receivedAt, asked, configured, margin }: Times): number {
  if (asked === undefined) return receivedAt + configured * 1000
  if (asked <= 0) return receivedAt
  const early = Math.min(Math.max(asked * 1000 * margin.share, margin.leastMs), margin.mostMs)
  // However the margin is configured, half of the time is left to the module.
  const left = Math.max(asked * 1000 - early, asked * 500)
  return receivedAt + Math.min(left, configured * 1000)
}

/** Does not start a query whose time is up already. */
export function inTime(next: Ask): Ask {
  return (query) => {
    if (performance.now() < query.deadline) return next(query)
    return Promise.reject(new QueryFailure('MODULE_TIMED_OUT', 'the time was up before the query started'))
  }
}
