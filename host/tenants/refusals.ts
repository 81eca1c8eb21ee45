import type { Refusal } from './who_asks.ts'

/** Counts requests that were answered before they came to anybody's host, by why: whoever has no key has nothing else to be told by. */
export class Refusals {
  readonly #counts = new Map<Refusal['code'], number>()

  count(reason: Refusal['code']): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1)
  }

  snapshot(): readonly { readonly reason: Refusal['code']; readonly count: number }[] {
    return [...this.#counts].map(([reason, count]) => ({ reason, count }))
  }
}
