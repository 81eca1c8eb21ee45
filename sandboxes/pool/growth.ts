/** What is known of a module's runners when a query has to wait. Times in milliseconds. */
export interface Demand {
  readonly waiting: number
  readonly live: number
  readonly starting: number
  /** Most runners the module may have. */
  readonly most: number
  readonly cores: number
  /** A runner takes several queries at a time: it is not held up by those that wait for something. */
  readonly shared: boolean
  /** How long the oldest query has waited. */
  readonly waitedMs: number
  /** Share of the time in which the host itself had work, from 0 to 1. */
  readonly hostLoad: number
}

/** A wait shorter than this says that the runners keep up: one that answers in microseconds can serve many callers. */
export const PATIENCE_MS = 5
/**
 * One that takes several at a time answers a full house in about so long when it is quick, and each runner more costs every query a
 * write of its own; those that wait for the network or compute are found out soon enough.
 */
const PATIENCE_SHARED_MS = 50
/** Where the host has its hands full the wait is for it, and more runners to wake only make it longer. */
const FULL_LOAD = 0.9
const PATIENCE_AT_FULL_LOAD_MS = 100

/**
 * How many runners to start now. Up to one a core at once, or one where runners are shared; beyond that only when a query really waited, and then as many as
 * there are, so that a burst of slow queries has all it can use after a few steps while a burst of quick ones starts few.
 */
export function runnersToStart(demand: Demand): number {
  const { waiting, live, starting, most, shared, waitedMs, hostLoad } = demand
  const room = Math.min(most - live - starting, waiting - starting)
  if (room <= 0) return 0
  const atOnce = shared ? 1 : demand.cores
  if (live + starting < atOnce) return Math.min(room, atOnce - live - starting)
  const patience = shared ? PATIENCE_SHARED_MS : PATIENCE_MS
  if (waitedMs < (hostLoad < FULL_LOAD ? patience : PATIENCE_AT_FULL_LOAD_MS) || starting > 0) return 0
  return Math.min(room, live)
}
