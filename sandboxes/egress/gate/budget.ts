import { EgressError } from '../egress_error.ts'
import { Turns } from '../turns.ts'
import type { EgressCaps } from './messages.ts'

const MINUTE_MS = 60_000
/** Open sockets for each connection that a tenant may have: a client keeps some for later. */
const SOCKETS = 4
/** Look-ups that block a thread of all tenants. */
const LOOKUPS = 2
/** Requests beyond a cap are told of together, so often: they are as many as somebody likes. */
const TOLD_MS = 1000
/** Of bodies that are kept until they are whole, whatever a minute has room for: they are all in one process. */
const HELD_BYTES = 128 << 20

/** What one tenant has used of the network, over all of its doors. Minutes begin with the first request in them. */
export class Budget {
  readonly lookups = new Turns(LOOKUPS)
  #connections = 0
  #since = -Infinity
  #requests = 0
  #bytes = 0
  #sockets = 0
  #held = 0
  #refused = 0
  #toldAt = -Infinity
  readonly #now: () => number

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Lets one connection in, until the scope of what it returns ends. Throws EgressError `quota`, which says which cap is met. */
  enter(caps: EgressCaps): Disposable {
    const met = this.met(caps)
    if (met !== undefined) throw new EgressError('quota', met)
    this.#connections += 1
    this.#requests += 1
    return once(() => { this.#connections -= 1 })
  }

  /** Which cap keeps one more connection out, in words; undefined: none. It costs nothing: it is asked for each of a flood. */
  met({ connections, requestsPerMinute, bytesPerMinute }: EgressCaps): string | undefined {
    this.#turn()
    if (this.#connections >= connections) return inWords(`${connections} connections at a time`)
    if (this.#requests >= requestsPerMinute) return inWords(`${requestsPerMinute} requests a minute`)
    if (this.#bytes >= bytesPerMinute) return inWords(`${bytesPerMinute} bytes a minute`)
    return undefined
  }

  /** A request was refused for a cap. How many there were since they were last told of; undefined: it is not their time yet. */
  refused(): number | undefined {
    this.#refused += 1
    if (this.#now() - this.#toldAt < TOLD_MS) return undefined
    const refused = this.#refused
    this.#refused = 0
    this.#toldAt = this.#now()
    return refused
  }

  /** Whether one more socket may be open, until the scope of what it returns ends; undefined: it may not. */
  open({ connections }: EgressCaps): Disposable | undefined {
    if (this.#sockets >= SOCKETS * connections) return undefined
    this.#sockets += 1
    return once(() => { this.#sockets -= 1 })
  }

  /** Keeps so many bytes, until the scope of what it returns ends. Throws EgressError `quota`. */
  hold(bytes: number): Disposable {
    if (this.#held + bytes > HELD_BYTES) throw spent(`${HELD_BYTES} bytes of answers on their way at a time`)
    this.#held += bytes
    return once(() => { this.#held -= bytes })
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

function once(give: () => void): Disposable {
  let given = false
  return { [Symbol.dispose]: () => {
    if (!given) give()
    given = true
  } }
}

function spent(what: string): EgressError {
  return new EgressError('quota', inWords(what))
}

function inWords(what: string): string {
  return `the modules of this tenant may have ${what}, and no more for now`
}
