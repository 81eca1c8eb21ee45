import type { Audit } from '../../sandboxes/egress/gate/messages.ts'

/** Modules that are counted by name: they come and go, and what is counted stays. */
const MOST_MODULES = 1000
const OTHER = 'other'

/** Counts what modules have asked of the network by a door, and what became of it. */
export class EgressRequests {
  readonly #counts = new Map<string, Map<Audit['verdict'], number>>()

  /** One request, or several that were refused for a cap. */
  count({ module, verdict, times = 1 }: Pick<Audit, 'module' | 'verdict' | 'times'>): void {
    const name = this.#counts.has(module) || this.#counts.size < MOST_MODULES ? module : OTHER
    let counts = this.#counts.get(name)
    if (counts === undefined) this.#counts.set(name, counts = new Map())
    counts.set(verdict, (counts.get(verdict) ?? 0) + times)
  }

  snapshot(): readonly { readonly module: string; readonly verdict: Audit['verdict']; readonly count: number }[] {
    return [...this.#counts].flatMap(([module, counts]) => [...counts].map(([verdict, count]) => ({ module, verdict, count })))
  }
}
