/** What a query may use; sizes in UTF-16 units, which are bytes for most text. Checked before anything leaves the isolate. */
export interface GuestLimits {
  /** Calls of the host. Timers and the calling off of requests are counted as `timers`. */
  readonly calls: number
  readonly inFlight: number
  readonly timers: number
  readonly timersInFlight: number
  readonly argument: number
  readonly result: number
  readonly logBytes: number
  readonly logLines: number
}

/** What the host gave. Each takes primitive values only and returns nothing. */
export interface HostFunctions {
  /** What became of the query. */
  readonly answer: (outcome: string, payload: string) => void
  /** Begins a call; its reply comes by `settle`. */
  readonly call: (id: number, kind: string, argument: string) => void
  readonly log: (text: string) => void
}
