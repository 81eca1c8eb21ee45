import type { Socket } from 'node:net'
import { QueryFailure } from '../failure.ts'

const TOKEN_BYTES = 36
/** A forked runner connects before it does anything else. */
const CONNECT_MS = 5000
/** How long a connection may take to say whose it is, and how many may be about to: beyond that the oldest goes. */
const GREET_MS = 2000
const MOST_GUESTS = 1024

/** A runner that was forked and has made both of its connections. */
export interface Born {
  readonly pid: number
  readonly channel: Socket
  readonly log: Socket
}

interface Birth<Runner> {
  pid?: number
  channel?: Socket
  log?: Socket
  timer?: NodeJS.Timeout
  readonly done: PromiseWithResolvers<Runner>
}

/** Forks that were asked for and are not complete: each needs its pid and both connections. */
export class Births<Runner> {
  readonly #open = new Map<string, Birth<Runner>>()
  readonly #guests = new Set<Socket>()
  readonly #make: (born: Born) => Runner

  /** `make` is called at the very moment when a fork is complete, so that not even its end is missed. */
  constructor(make: (born: Born) => Runner) {
    this.#make = make
  }

  /** Forks that somebody waits for. */
  get waiting(): number {
    return this.#open.size
  }

  /** Settles when the fork with this token is complete; rejects with SANDBOX_UNAVAILABLE when it will never be. */
  begin(token: string): Promise<Runner> {
    const done = Promise.withResolvers<Runner>()
    this.#open.set(token, { done })
    return done.promise
  }

  /** The fork server has forked. `late` is called with the pid of one that then does not connect. */
  forked(token: string, pid: number, late: (pid: number) => void): void {
    const birth = this.#open.get(token)
    if (birth === undefined) return
    birth.pid = pid
    birth.timer = setTimeout(() => {
      late(pid)
      this.fail(token, `a forked runner did not connect within ${CONNECT_MS} ms`)
    }, CONNECT_MS)
    this.#complete(token, birth)
  }

  /** A process has ended; perhaps before it had connected. */
  exited(pid: number, reason: string): void {
    for (const [token, birth] of this.#open) if (birth.pid === pid) this.fail(token, reason)
  }

  /** Whoever waits for this one hears why it will not be. */
  fail(token: string, reason: string): void {
    const birth = this.#open.get(token)
    if (birth === undefined) return
    clearTimeout(birth.timer)
    birth.channel?.destroy()
    birth.log?.destroy()
    this.#open.delete(token)
    birth.done.reject(new QueryFailure('SANDBOX_UNAVAILABLE', reason))
  }

  /** A connection says whose it is before anything else; one that says nothing known is not let in. */
  greet(connection: Socket): void {
    connection.on('error', () => {})
    connection.setTimeout(GREET_MS, () => connection.destroy())
    connection.once('close', () => this.#guests.delete(connection))
    const [oldest] = this.#guests
    if (this.#guests.size >= MOST_GUESTS) oldest?.destroy()
    this.#guests.add(connection)
    connection.once('readable', () => {
      connection.setTimeout(0)
      this.#guests.delete(connection)
      const hello = connection.read(TOKEN_BYTES + 1) as Buffer | null
      if (hello === null || !this.#connected(hello.toString('latin1', 0, TOKEN_BYTES), hello.toString('latin1', TOKEN_BYTES), connection)) {
        connection.destroy()
      }
    })
  }

  /** Nothing is born any more. */
  close(failure: QueryFailure): void {
    for (const guest of this.#guests) guest.destroy()
    for (const token of this.#open.keys()) this.fail(token, failure.message)
  }

  #connected(token: string, which: string, connection: Socket): boolean {
    const birth = this.#open.get(token)
    const part = which === 'c' ? 'channel' : which === 'l' ? 'log' : undefined
    if (birth === undefined || part === undefined || birth[part] !== undefined) return false
    birth[part] = connection
    this.#complete(token, birth)
    return true
  }

  #complete(token: string, { pid, channel, log, timer, done }: Birth<Runner>): void {
    if (pid === undefined || channel === undefined || log === undefined) return
    clearTimeout(timer)
    this.#open.delete(token)
    done.resolve(this.#make({ pid, channel, log }))
  }
}
