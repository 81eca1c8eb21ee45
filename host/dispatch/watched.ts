import type { Query } from '../../sandboxes/contract.ts'
import { type Audit, isRefused } from '../../sandboxes/egress/gate/messages.ts'

/** Where the time of a query went, in milliseconds. `runMs` is undefined where it never ran. */
export interface Times {
  /** Waiting for a runner, apart from `startMs`. */
  readonly queueMs: number
  /** The part of the wait in which a runner was being started for it. */
  readonly startMs: number
  readonly runMs: number | undefined
}

/** What becomes of a query while somebody watches it. */
export interface Watch extends Disposable {
  /** undefined until it has run, or was refused while it waited. */
  readonly times: Times | undefined
  /** What the module printed and what it was refused of the network, a line each, up to the caps of the watch. */
  readonly log: readonly string[]
}

export interface LogCaps {
  readonly lines: number
  readonly bytes: number
}

interface Watching {
  readonly module: string
  times: Times | undefined
  readonly log: string[]
  readonly caps: LogCaps
  bytes: number
}

/**
 * The queries that somebody wants to know more about than their answer. A query stays plain data: it is known by its id, and those
 * that nobody watches cost a look into an empty map.
 */
export class Watched {
  readonly #watching = new Map<string, Watching>()

  /** Until it is disposed. Throws where a query of this id is being watched already. */
  watch({ id, module }: Pick<Query, 'id' | 'module'>, caps: LogCaps): Watch {
    if (this.#watching.has(id)) throw new Error(`expected a new id, found "${id}" being watched`)
    const watching: Watching = { module, times: undefined, log: [], caps, bytes: 0 }
    this.#watching.set(id, watching)
    return {
      get times() {
        return watching.times
      },
      log: watching.log,
      [Symbol.dispose]: () => void this.#watching.delete(id),
    }
  }

  timed({ id }: Query, times: Times): void {
    const watching = this.#watching.get(id)
    if (watching !== undefined) watching.times = times
  }

  /** A line that a module printed while it was at the query of this id. */
  printed(id: string | undefined, text: string): void {
    const watching = id === undefined ? undefined : this.#watching.get(id)
    if (watching !== undefined) note(watching, text)
  }

  /**
   * A request of a module to the network is over. Where it was refused, the query that it says it is of has that in its log: it has to be
   * one of that module, because the module may say what it likes.
   */
  asked({ module, query, why, ...audit }: Audit): void {
    const watching = query === undefined ? undefined : this.#watching.get(query)
    if (watching?.module === module && why !== undefined && isRefused(audit)) note(watching, why)
  }
}

function note(watching: Watching, text: string): void {
  const { log, caps } = watching
  watching.bytes += Buffer.byteLength(text)
  if (log.length < caps.lines && watching.bytes <= caps.bytes) log.push(text)
}
