import { randomBytes } from 'node:crypto'
import ivm from 'isolated-vm'
import type { GuestLimits } from '../guest/limits.ts'
import type { Pace } from './pace.ts'
import { BUNDLE, GUEST } from './trace.ts'

/** A script and what V8 has made of it before, in this process. */
export interface Code {
  readonly text: string
  cached: ivm.ExternalCopy<ArrayBuffer> | undefined
}

export interface BootOptions {
  /** The guest's side of the bridge: a script whose variable `__guest` has `boot`. */
  readonly guest: Code
  readonly heapMb: number
  readonly limits: GuestLimits
}

export interface CageOptions extends BootOptions {
  /** The module: a script that sets the variable `__module`. */
  readonly bundle: Code
  readonly pace: Pace
}

/** An isolate with our side of the bridge in it, and nothing of any module yet. */
export interface Booted {
  readonly isolate: ivm.Isolate
  readonly context: ivm.Context
  readonly entries: Entries
  readonly hub: { events: CageEvents }
}

/** What an isolate says of itself; all of it is text that nobody believes. */
export interface CageEvents {
  answered(outcome: string, payload: string): void
  called(id: number, kind: string, argument: string): void
  logged(text: string): void
  /** Nothing runs in it any more: `failure` says why, where it had to be ended. */
  left(failure: Failure | undefined): void
}

export interface Failure {
  readonly outcome: 'timeout' | 'out_of_memory' | 'exception'
  readonly text: string
}

/** Text that the isolate's own code cannot be blamed for: the module's top level, or what it exports. */
export class CageError extends Error {
  override name = 'CageError'
  readonly trace: string

  constructor(trace: string) {
    super(trace.split('\n', 1)[0])
    this.trace = trace
  }
}

/** A trusted function inside of an isolate. */
type Entered = ivm.Reference<(...args: (string | number)[]) => unknown>
type Entries = Readonly<Record<Entry, Entered>>
type Entry = 'adopt' | 'describe' | 'ask' | 'settle' | 'expire'

/** One isolate that has become the module, entered by strings only. It runs one query at a time. */
export class Cage {
  readonly #isolate: ivm.Isolate
  readonly #pace: Pace
  readonly #entries: Entries
  readonly #hub: { events: CageEvents }
  /** Entries on threads of their own that have not come back. */
  #inside = 0
  #ended = false

  private constructor({ isolate, entries, hub }: Booted, pace: Pace) {
    this.#isolate = isolate
    this.#entries = entries
    this.#hub = hub
    this.#pace = pace
  }

  /** Makes an isolate that can become a module. Rejects where there is no more memory for one. */
  static async boot({ guest, heapMb, limits }: BootOptions): Promise<Booted> {
    // Without `onCatastrophicError`: with it, a heap that is full parks its thread, which may be ours. Without it the process is aborted.
    const isolate = new ivm.Isolate({ memoryLimit: heapMb })
    try {
      const context = await isolate.createContext()
      const hub = { events: NOBODY }
      const boot = await evaluate(isolate, context, { code: guest, filename: GUEST, value: '__guest.boot', strict: true })
      const entries = await boot.apply(undefined, [
        // On their thread these run at once; from another one the isolate waits for us, so that it cannot run ahead.
        new ivm.Callback((outcome: unknown, payload: unknown) => hub.events.answered(String(outcome), String(payload))),
        new ivm.Callback((id: unknown, kind: unknown, argument: unknown) => hub.events.called(Number(id), String(kind), String(argument))),
        new ivm.Callback((text: unknown) => hub.events.logged(String(text))),
        JSON.stringify(limits),
        randomBytes(SEED_BYTES).toString('hex'),
      ], { result: { reference: true } }) as ivm.Reference<Record<Entry, (...args: unknown[]) => unknown>>
      const [adopt, describe, ask, settle, expire] = await Promise.all(ENTRIES.map((name) => entries.get(name, { reference: true })))
      return { isolate, context, entries: { adopt, describe, ask, settle, expire } as unknown as Entries, hub }
    } catch (thrown) {
      dispose(isolate)
      throw thrown
    }
  }

  /**
   * Runs the module's top level in an isolate, one that has been made before where there is one; `signal` ends it whatever it does.
   * Rejects with CageError, whose trace is in terms of the bundle.
   */
  static async make(options: CageOptions, events: CageEvents, signal?: AbortSignal, before?: Booted): Promise<Cage> {
    const { bundle, pace } = options
    const booted = before ?? (await Cage.boot(options).catch((thrown: unknown) => {
      throw new CageError(stackOf(thrown))
    }))
    const { isolate, context, hub } = booted
    hub.events = events
    const end = (): void => dispose(isolate)
    signal?.addEventListener('abort', end)
    if (signal?.aborted) end()
    try {
      const cage = new Cage(booted, pace)
      const namespace = await evaluate(isolate, context, { code: bundle, filename: BUNDLE, value: '__module' })
      const objection = await cage.#entries.adopt.apply(undefined, [namespace.derefInto() as never])
      if (typeof objection === 'string') throw new CageError(objection)
      return cage
    } catch (thrown) {
      dispose(isolate)
      throw thrown instanceof CageError ? thrown : new CageError(stackOf(thrown))
    } finally {
      signal?.removeEventListener('abort', end)
    }
  }

  /** Whether it can be given a query. */
  get usable(): boolean {
    return !this.#ended && !this.#isolate.isDisposed
  }

  get idle(): boolean {
    return this.#inside === 0
  }

  /** Whom it tells from now on. */
  set events(events: CageEvents) {
    this.#hub.events = events
  }

  /** The module's entry in the listing, as JSON. Rejects with CageError. */
  async describe(name: string, type: string): Promise<string> {
    let said: string
    try {
      said = await this.#entries.describe.apply(undefined, [name, type]) as string
    } catch (thrown) {
      throw new CageError(stackOf(thrown))
    }
    if (said.startsWith('+')) return said.slice(1)
    throw new CageError(said.slice(1))
  }

  /** Runs one entry for at most `ms`; `left` tells when it is over, before this returns where the module is a quick one. */
  enter(entry: 'ask' | 'settle' | 'expire', args: readonly (string | number)[], ms: number): void {
    if (this.#ended) return
    const timeout = Math.max(1, Math.ceil(ms))
    const before = this.#isolate.cpuTime
    if (this.#pace.isQuick && this.#inside === 0) {
      let failure: Failure | undefined
      this.#inside = 1
      try {
        this.#entries[entry].applySync(undefined, [...args], { timeout })
      } catch (thrown) {
        failure = toFailure(thrown)
      }
      this.#inside = 0
      this.#note(before)
      this.#hub.events.left(failure)
      return
    }
    this.#inside += 1
    void this.#entries[entry].apply(undefined, [...args], { timeout }).then(() => undefined, toFailure).then((failure) => {
      this.#inside -= 1
      this.#note(before)
      this.#hub.events.left(failure)
    })
  }

  /** The time that it computed, and not what it waited for a thread or a processor; one that is disposed meanwhile was stopped. */
  #note(before: bigint): void {
    this.#pace.note(this.usable ? Number(this.#isolate.cpuTime - before) / 1e6 : Infinity)
  }

  /** Ends whatever runs in it and frees its memory. */
  dispose(): void {
    this.#ended = true
    dispose(this.#isolate)
  }
}

/** While it is being made, what an isolate says is of no query. */
export const NOBODY: CageEvents = { answered() {}, called() {}, logged() {}, left() {} }

const SEED_BYTES = 32
const ENTRIES = ['adopt', 'describe', 'ask', 'settle', 'expire'] as const

interface Evaluation {
  readonly code: Code
  readonly filename: string
  /** An expression in the scope of the script. */
  readonly value: string
  /** Functions of strict code are not given away by stacks, nor by those they call. */
  readonly strict?: boolean
}

/** Runs a script and takes the value of an expression in its scope, without a trace in the global scope. */
async function evaluate(isolate: ivm.Isolate, context: ivm.Context, { code, filename, value, strict = false }: Evaluation): Promise<ivm.Reference<(...args: unknown[]) => unknown>> {
  const before = strict ? '(() => {"use strict";' : '(() => {'
  const { cached } = code
  const script = await isolate.compileScript(`${before}${code.text}\nreturn ${value}})()`, {
    filename, columnOffset: -before.length, ...(cached === undefined ? { produceCachedData: true } : { cachedData: cached }),
  })
  code.cached ??= (script as { cachedData?: ivm.ExternalCopy<ArrayBuffer> }).cachedData
  return await script.run(context, { reference: true }) as ivm.Reference<(...args: unknown[]) => unknown>
}

function dispose(isolate: ivm.Isolate): void {
  try {
    isolate.dispose()
  } catch {
    // It was disposed at its memory limit.
  }
}

function toFailure(thrown: unknown): Failure {
  const text = stackOf(thrown)
  if (text.includes('memory limit')) return { outcome: 'out_of_memory', text: 'the isolate has no more memory' }
  if (/timed out|disposed|abandoned/.test(text)) return { outcome: 'timeout', text: 'the time for the query is over' }
  return { outcome: 'exception', text }
}

/** An error of isolated-vm: a copy of the guest's, made of strings. */
function stackOf(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
}
