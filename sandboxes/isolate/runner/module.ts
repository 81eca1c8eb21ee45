import type { SourceMapPayload } from 'node:module'
import type { GuestLimits } from '../guest/limits.ts'
import { partsFor } from '../late_parts.ts'
import { askCage, type Ask } from './asking.ts'
import { CageError, inScope, type Cage, type CageEvents } from './cage.ts'
import { guestLimits, type Prepared } from './ahead.ts'
import { Cages } from './cages.ts'
import { capabilitiesOf, type MakeCapabilities } from './capabilities.ts'
import type { FromHost } from './messages.ts'
import { Pace } from './pace.ts'
import { Traces } from './trace.ts'

type Load = Extract<FromHost, { type: 'load' }>

/** Everything is in every listing. The host takes no more before the first query. */
const LONGEST_ENTRY = 1 << 20
const TRACE = 20_000
const ERROR = 1000

/** One query: see Ask. */
export type Asked = Pick<Ask, 'query' | 'body' | 'ms' | 'log'>

/** What a query came to: the outcome and its payload. */
export interface Answer {
  readonly outcome: string
  readonly payload: string
  /** What a failure is, in one line. */
  readonly error?: string
}

/** The module that this process has become. */
export class LoadedModule {
  readonly #cages: Cages
  readonly #traces: Traces
  readonly #limits: GuestLimits
  readonly #capabilities: MakeCapabilities

  private constructor(cages: Cages, traces: Traces, limits: GuestLimits, capabilities: MakeCapabilities) {
    this.#cages = cages
    this.#traces = traces
    this.#limits = limits
    this.#capabilities = capabilities
  }

  /** Rejects with LoadFailed. `log` gets what the module says meanwhile. */
  static async load(message: Load, content: Buffer, { guest, ahead }: Prepared, log: (text: string) => void): Promise<{ module: LoadedModule; entry: string }> {
    const { code, map } = JSON.parse(content.toString()) as { code: string; map?: SourceMapPayload }
    const { heap_mb, fresh, result_bytes, log_bytes, log_lines } = message.isolate
    const traces = new Traces(map)
    const limits = guestLimits({ result_bytes, log_bytes, log_lines })
    const cages = new Cages({ guest, bundle: { text: inScope(code), cached: undefined }, parts: partsFor(code), heapMb: heap_mb, limits, pace: new Pace() }, fresh)
    try {
      const cage = await cages.make(onlyLog(log), undefined, await ahead?.take({ heap_mb, result_bytes, log_bytes, log_lines }))
      const entry = message.describe ? await cage.describe(message.name, message.module_type) : ''
      if (entry.length > LONGEST_ENTRY) throw new CageError(`RangeError: introspection and version are ${entry.length} characters as JSON, at most ${LONGEST_ENTRY} may be`)
      cages.giveBack(cage)
      return { module: new LoadedModule(cages, traces, limits, capabilitiesOf(message.egress)), entry }
    } catch (thrown) {
      throw new LoadFailed(thrown instanceof CageError ? thrown.trace : `${(thrown as Error).stack}`, traces)
    }
  }

  /** Settles with what became of the query, at its deadline at the latest unless its isolate cannot be stopped. */
  ask(asked: Asked): Promise<Answer> {
    const { ms } = asked
    const until = performance.now() + ms
    const cage = this.#cages.take(ms)
    if (!(cage instanceof Promise)) return this.#run(cage, asked)
    return cage.then(
      (made) => this.#run(made, { ...asked, ms: Math.max(1, until - performance.now()) }),
      (thrown: unknown) => this.#failed(performance.now() >= until ? 'timeout' : 'exception', `${(thrown as CageError).trace}`),
    )
  }

  dispose(): void {
    this.#cages.dispose()
  }

  async #run(cage: Cage, asked: Asked): Promise<Answer> {
    const { outcome, payload, spent } = await askCage(cage, { ...asked, limits: this.#limits, capabilities: this.#capabilities })
    if (spent) this.#cages.lost()
    else this.#cages.giveBack(cage)
    if (outcome === 'success' || outcome === 'module_error') return { outcome, payload }
    return this.#failed(outcome, payload)
  }

  #failed(outcome: string, stack: string): Answer {
    const { text } = this.#traces.of(stack)
    return { outcome, payload: text, error: firstLine(text) }
  }
}

/** Why a module cannot be loaded, as the fields of a `failed` message. */
export class LoadFailed extends Error {
  readonly fields: { error: string; trace: string; file?: string; line?: number }

  constructor(stack: string, traces: Traces) {
    const { text, ...place } = traces.of(stack)
    const error = firstLine(text)
    super(error)
    this.fields = { error: error || 'something was thrown that has no text', trace: text.slice(0, TRACE), ...place }
  }
}

function firstLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').slice(0, ERROR)
}

function onlyLog(logged: (text: string) => void): CageEvents {
  return { answered() {}, called() {}, left() {}, logged }
}
