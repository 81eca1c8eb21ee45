import { performance, type EventLoopUtilization } from 'node:perf_hooks'

/** Shorter spans say little: one query that was read is a span without idling. */
const SPAN_MS = 50

/** How busy this process itself is: whether waiting is for it and not for runners. */
export class LoopLoad {
  #from: EventLoopUtilization = performance.eventLoopUtilization()
  #since = performance.now()
  #utilization = 0

  /** Share of the last span in which the event loop had work, from 0 to 1. */
  get share(): number {
    const now = performance.now()
    if (now - this.#since >= SPAN_MS) {
      const current = performance.eventLoopUtilization()
      this.#utilization = performance.eventLoopUtilization(current, this.#from).utilization
      this.#from = current
      this.#since = now
    }
    return this.#utilization
  }
}
