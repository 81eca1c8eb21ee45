import { EgressError } from '../egress_error.ts'
import type { EgressCaps } from './messages.ts'

const MINUTE_MS = 60_000

/** What one tenant has used of the network, over all of its doors. Minutes begin with the first request in them. */
export class Budget {
  #connections = 0
  #since = -Infinity
  #requests = 0
  #bytes = 0
  readonly #now: () => number

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Lets one connection in, until the scope of what it returns ends. Throws EgressError `quota`, which says which cap is met. */
  enter({ connections, requestsPerMinute, bytesPerMinute }: EgressCaps): Disposable {
    this.#turn()
    if (this.#connections >= connections) throw spent(`${connections} connections at a time`)
    if (this.#requests >= requestsPerMinute) throw spent(`${requestsPerMinute} requests a minute`)
    if (this.#bytes >= bytesPerMinute) throw spent(`${bytesPerMinute} bytes a minute`)
    this.#connections += 1
    this.#requests += 1
    let inside = true
    return { [Symbol.dispose]: () => {
      if (inside) this.#connections -= 1
      inside = false
    } }
  }

  /** Counts bytes that go either way. Throws EgressError `quota` when there are too many in this minute. */
  spend(bytes: number, { bytesPerMinute }: EgressCaps): void {
    this.#turn()
    this.#bytes += bytes
    if (this.#bytes > bytesPerMinute) throw spent(`${bytesPerMinute} bytes a minute`)
  }

  #turn(): void {
    const now = this.#now()
    if (now - this.#since < MINUTE_MS) return
    this.#since = now
    this.#requests = 0
    this.#bytes = 0
  }
}

function spent(what: string): EgressError {
  return new EgressError('quota', `the modules of this tenant may have ${what}, and no more for now`)
}
