import { Cage, CageError, NOBODY, type Booted, type CageEvents, type CageOptions } from './cage.ts'

/** The isolates of one module: those that are idle, the last used one first. */
export class Cages {
  readonly #options: CageOptions
  readonly #fresh: boolean
  readonly #idle: Cage[] = []
  /** Made ahead, where each query has an isolate of its own. */
  #next: Making | undefined

  constructor(options: CageOptions, fresh: boolean) {
    this.#options = options
    this.#fresh = fresh
  }

  /** An isolate for one query, at once where there is one. Rejects with CageError, when the module's top level fails or takes too long. */
  take(ms: number): Cage | Promise<Cage> {
    for (;;) {
      const cage = this.#idle.pop()
      if (cage === undefined) break
      if (cage.usable) return cage
    }
    const next = this.#next
    this.#next = undefined
    return within(next ?? this.#begin(), ms)
  }

  /** Takes one back that can be used again. */
  giveBack(cage: Cage): void {
    if (!this.#fresh) return void this.#idle.push(cage)
    cage.dispose()
    this.#makeNext()
  }

  /** One is gone. */
  lost(): void {
    if (this.#fresh) this.#makeNext()
  }

  /** `before`: see Cage.make. */
  make(events: CageEvents, signal?: AbortSignal, before?: Booted): Promise<Cage> {
    return Cage.make(this.#options, events, signal, before)
  }

  dispose(): void {
    for (const cage of this.#idle.splice(0)) cage.dispose()
    this.#next?.end.abort()
    this.#next?.cage.then((cage) => cage.dispose(), () => {})
  }

  #makeNext(): void {
    if (this.#next !== undefined) return
    const next = this.#begin()
    this.#next = next
    const late = setTimeout(() => {
      if (this.#next === next) next.end.abort()
    }, AHEAD_MS)
    next.cage.catch(() => {
      if (this.#next === next) this.#next = undefined
    }).finally(() => clearTimeout(late)).catch(() => {})
  }

  #begin(): Making {
    const end = new AbortController()
    return { cage: this.make(NOBODY, end.signal), end }
  }
}

/** An isolate that is being made; `end` ends a top level that does not end by itself, as it did before. */
interface Making {
  readonly cage: Promise<Cage>
  readonly end: AbortController
}

/** An isolate for a query that has not come may take so long. */
const AHEAD_MS = 10_000

async function within({ cage, end }: Making, ms: number): Promise<Cage> {
  const late = setTimeout(() => end.abort(), ms)
  try {
    return await cage
  } catch (thrown) {
    throw end.signal.aborted ? new CageError('the time for the query is over while an isolate was made for it') : thrown
  } finally {
    clearTimeout(late)
  }
}
