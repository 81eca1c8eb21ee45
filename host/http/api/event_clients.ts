import type { ServerResponse } from 'node:http'

export interface EventClientsOptions {
  readonly most: number
  /** Bytes that may wait for a client to read them. */
  readonly behindBytes: number
  readonly beatMs: number
}

/** Answers that stay open. Those that are not read are dropped, so that they cost no memory. */
export class EventClients {
  readonly #options: EventClientsOptions
  /** Whether something waited to be read at the last beat. */
  readonly #clients = new Map<ServerResponse, { stuck: boolean }>()
  #beat: NodeJS.Timeout | undefined

  constructor(options: EventClientsOptions) {
    this.#options = options
  }

  get full(): boolean {
    return this.#clients.size >= this.#options.most
  }

  /** From now on it is told everything, until it leaves or may no longer listen. */
  add(res: ServerResponse, revoked?: AbortSignal): void {
    this.#clients.set(res, { stuck: false })
    const end = (): void => void res.end()
    revoked?.addEventListener('abort', end)
    // It may have been while the request was on its way here.
    if (revoked?.aborted === true) end()
    res.on('close', () => {
      revoked?.removeEventListener('abort', end)
      this.#forget(res)
    })
    this.#beat ??= setInterval(() => this.#keepAlive(), this.#options.beatMs).unref()
    this.#dropBehind(res)
  }

  tell(text: () => string): void {
    if (this.#clients.size === 0) return
    const told = text()
    for (const res of this.#clients.keys()) {
      res.write(told)
      this.#dropBehind(res)
    }
  }

  /** Ends all: they would never end by themselves. */
  end(): void {
    for (const res of this.#clients.keys()) res.end()
  }

  /** A proxy in between gives up a connection that says nothing; a client that is gone is noticed by what cannot be sent. */
  #keepAlive(): void {
    for (const [res, state] of this.#clients) {
      if (state.stuck && res.writableLength > 0) {
        res.destroy()
        continue
      }
      state.stuck = res.writableLength > 0
      res.write(': \n\n')
    }
  }

  #dropBehind(res: ServerResponse): void {
    if (res.writableLength > this.#options.behindBytes) res.destroy()
  }

  #forget(res: ServerResponse): void {
    this.#clients.delete(res)
    if (this.#clients.size > 0) return
    clearInterval(this.#beat)
    this.#beat = undefined
  }
}
