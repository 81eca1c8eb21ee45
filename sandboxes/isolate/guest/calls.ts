import type { GuestLimits, HostFunctions } from './limits.ts'
import { create, PromiseOf, slice, stringify } from './primordials.ts'

type Resolve = (reply: string) => void

/** First in, first out, in an object without a prototype: a module may have changed that of arrays. */
interface Line {
  readonly waiting: Record<number, { readonly kind: string; readonly argument: string; readonly resolve: Resolve }>
  first: number
  last: number
  made: number
  inFlight: number
}

/**
 * Calls of one query to the host: counted, a few at a time, and each with one reply. Those that take nothing from the host, timers and
 * the calling off of a request, are counted for themselves: they must not wait for what they are to end.
 */
export class Calls {
  readonly #host: HostFunctions
  readonly #limits: GuestLimits
  #open: Record<number, { readonly line: Line; readonly resolve: Resolve }> = create(null)
  #lines = emptyLines()
  #nextId = 0
  #running = false

  constructor(host: HostFunctions, limits: GuestLimits) {
    this.#host = host
    this.#limits = limits
  }

  /** A query begins. */
  begin(): void {
    this.#forget()
    this.#running = true
  }

  end(): void {
    this.#forget()
    this.#running = false
  }

  /** What a query still waits for never comes: what goes on after it would run in the time and under the name of the next query. */
  #forget(): void {
    this.#open = create(null)
    this.#lines = emptyLines()
  }

  /** JSON in, JSON out: `{"ok": value}` or `{"err": text, "code": text}`. Never rejects. */
  call(kind: string, argument: string): Promise<string> {
    const refusal = this.#refusal(kind, argument)
    if (refusal !== undefined) return new PromiseOf((resolve) => resolve(refusal))
    const isLight = takesNothing(kind, argument)
    const line = isLight ? this.#lines.timers : this.#lines.calls
    line.made += 1
    return new PromiseOf((resolve) => {
      if (line.inFlight < (isLight ? this.#limits.timersInFlight : this.#limits.inFlight)) this.#begin(line, kind, argument, resolve)
      else line.waiting[line.last++] = { kind, argument, resolve }
    })
  }

  /** The host's reply to a call of this query. */
  settle(id: number, reply: string): void {
    const call = this.#open[id]
    if (call === undefined) return
    delete this.#open[id]
    const { line, resolve } = call
    line.inFlight -= 1
    resolve(reply)
    const next = line.waiting[line.first]
    if (next === undefined) return
    delete line.waiting[line.first++]
    this.#begin(line, next.kind, next.argument, next.resolve)
  }

  #begin(line: Line, kind: string, argument: string, resolve: Resolve): void {
    const id = (this.#nextId += 1)
    this.#open[id] = { line, resolve }
    line.inFlight += 1
    this.#host.call(id, kind, argument)
  }

  #refusal(kind: string, argument: string): string | undefined {
    const { calls, timers, argument: longest } = this.#limits
    if (!this.#running) return refused('no query is running', 'NO_QUERY')
    if (typeof kind !== 'string' || typeof argument !== 'string') return refused('a call takes two texts', 'BAD_CALL')
    const isLight = takesNothing(kind, argument)
    const made = isLight ? this.#lines.timers.made : this.#lines.calls.made
    const most = isLight ? timers : calls
    if (made >= most) return refused(`a query may call the host ${most} times`, 'QUOTA')
    if (argument.length > longest) return refused(`what is given to the host has ${argument.length} characters, at most ${longest} may be`, 'TOO_LARGE')
    return undefined
  }
}

/** Whether a call is a timer, or exactly `{"cancel": number}` for a request. */
function takesNothing(kind: string, argument: string): boolean {
  if (kind === 'timer') return true
  if (kind !== 'fetch' || argument.length > LONGEST_CANCEL || slice(argument, 0, CANCEL.length) !== CANCEL) return false
  const id = slice(argument, CANCEL.length, argument.length - 1)
  return argument === `${CANCEL}${+id}}`
}

const CANCEL = '{"cancel":'
const LONGEST_CANCEL = 40

function emptyLines(): { calls: Line; timers: Line } {
  return { calls: emptyLine(), timers: emptyLine() }
}

function emptyLine(): Line {
  return { waiting: create(null), first: 0, last: 0, made: 0, inFlight: 0 }
}

function refused(err: string, code: string): string {
  return stringify({ __proto__: null, err, code })
}
