/** Calls of the host that a query may make, at most: so many, so many at a time, of so many characters each. */
export const CALLS = { calls: 100, inFlight: 8, timers: 10_000, timersInFlight: 32, argument: 256 * 1024 } as const
