import type { Ask } from '../../sandboxes/contract.ts'
import type { FailureCode } from '../../sandboxes/failure.ts'
import type { Catalogue } from '../registry/catalogue.ts'
import { asFailure } from './bug.ts'

export type CountedOutcome = 'success' | 'module_error' | FailureCode

/** Counts how queries ended. Callers name modules as they like: only loaded ones are counted by name, the others as `other`. */
export class Outcomes {
  readonly #catalogue: () => Catalogue
  readonly #counts = new Map<string, Map<CountedOutcome, number>>()

  constructor(catalogue: () => Catalogue) {
    this.#catalogue = catalogue
  }

  /** Not a method, because it goes into the list of layers. */
  readonly layer = (next: Ask): Ask => (query) => {
    const module = this.#catalogue().loaded.has(query.module) ? query.module : OTHER
    return next(query).then((result) => {
      this.#count(module, result.outcome)
      return result
    }, (thrown: unknown) => {
      const failure = asFailure(thrown)
      this.#count(module, failure.code)
      throw failure
    })
  }

  snapshot(): readonly { readonly module: string; readonly outcome: CountedOutcome; readonly count: number }[] {
    return [...this.#counts].flatMap(([module, counts]) => [...counts].map(([outcome, count]) => ({ module, outcome, count })))
  }

  #count(module: string, outcome: CountedOutcome): void {
    let counts = this.#counts.get(module)
    if (counts === undefined) this.#counts.set(module, counts = new Map())
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  }
}

const OTHER = 'other'
