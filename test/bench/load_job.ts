/** What a load worker is asked to do. Times in milliseconds. */
export interface LoadJob {
  readonly port: number
  /** Bodies of `POST /query`; each client sends them in turn. */
  readonly bodies: readonly Uint8Array[]
  /** How many requests are under way at once. */
  readonly clients: number
  /** When to stop: after a time, or after a number of requests. */
  readonly stop: { readonly afterMs: number } | { readonly afterRequests: number }
  /** `each`: every request has a connection of its own. */
  readonly connections: 'keep' | 'each'
  /** Text that a right answer holds. */
  readonly holds?: string
  /** A pause between an answer and the client's next request. */
  readonly pauseMs?: number
}

export interface LoadResult {
  readonly answered: number
  /** Connections that broke, and answers other than 200. */
  readonly failed: number
  /** Answers that do not hold what they should. */
  readonly wrong: number
  /** From the first request to the last answer. */
  readonly ms: number
  /** Of each answered request, in the order of the answers. */
  readonly latencies: Float64Array
  /** One answer that was not right, for the message. */
  readonly odd?: string
}

export type ToWorker = { readonly id: number; readonly job: LoadJob }
export type FromWorker = { readonly id: number; readonly result: LoadResult }
