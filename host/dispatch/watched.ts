import type { Query } from '../../sandboxes/contract.ts'

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
  /** What the module printed, a line each, up to the caps of the watch. */
  readonly log: readonly string[]
}

export interface LogCaps {
  readonly lines: number
  readonly bytes: number
}

interface Watching {
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
  watch(id: string, caps: LogCaps): Watch {
    if (this.#watching.has(id)) throw new Error(`expected a new id, found "${id}" being watched`)
    const watching: Watching = { times: undefined, log: [], caps, bytes: 0 }
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
    if (watching === undefined) return
    const { log, caps } = watching
    watching.bytes += Buffer.byteLength(text)
    if (log.length < caps.lines && watching.bytes <= caps.bytes) log.push(text)
  }
}
