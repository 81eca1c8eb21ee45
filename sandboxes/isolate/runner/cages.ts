import { Cage, CageError, type CageEvents, type CageOptions } from './cage.ts'

/** The isolates of one module: those that are idle, the last used one first. */
export class Cages {
  readonly #options: CageOptions
  readonly #fresh: boolean
  readonly #idle: Cage[] = []
  /** Made ahead, where each query has an isolate of its own. */
  #next: Promise<Cage> | undefined

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
    return next ?? within(this.make(NOBODY), ms)
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

  make(events: CageEvents): Promise<Cage> {
    return Cage.make(this.#options, events)
  }

  dispose(): void {
    for (const cage of this.#idle.splice(0)) cage.dispose()
    this.#next?.then((cage) => cage.dispose(), () => {})
  }

  #makeNext(): void {
    if (this.#next !== undefined) return
    const next = this.make(NOBODY)
    this.#next = next
    next.catch(() => {
      if (this.#next === next) this.#next = undefined
    })
  }
}

/** While it is being made, what an isolate says is of no query. */
export const NOBODY: CageEvents = { answered() {}, called() {}, logged() {}, left() {} }

function within(made: Promise<Cage>, ms: number): Promise<Cage> {
  const { promise, reject } = Promise.withResolvers<never>()
  const late = setTimeout(() => {
    reject(new CageError('the time for the query is over while an isolate was made for it'))
    made.then((cage) => cage.dispose(), () => {})
  }, ms)
  return Promise.race([made, promise]).finally(() => clearTimeout(late))
}
