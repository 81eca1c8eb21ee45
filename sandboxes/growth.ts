/** What is known of a module's runners when a query has to wait. Times in milliseconds. */
export interface Demand {
  readonly waiting: number
  readonly live: number
  readonly starting: number
  /** Most runners the module may have. */
  readonly most: number
  readonly cores: number
  /** How long the oldest query has waited. */
  readonly waitedMs: number
}

/** A wait shorter than this says that the runners keep up: one that answers in microseconds can serve many callers. */
export const PATIENCE_MS = 5

/**
 * How many runners to start now. Up to one a core at once; beyond that only when a query really waited, and then as many as
 * there are, so that a burst of slow queries has all it can use after a few steps while a burst of quick ones starts few.
 */
export function runnersToStart(demand: Demand): number {
  const { waiting, live, starting, most, cores, waitedMs } = demand
  const room = Math.min(most - live - starting, waiting - starting)
  if (room <= 0) return 0
  if (live + starting < cores) return Math.min(room, cores - live - starting)
  if (waitedMs < PATIENCE_MS || starting > 0) return 0
  return Math.min(room, live)
}
