import type { Introspection } from '../sandboxes/contract.ts'
import type { Started } from '../sandboxes/pool/pool_options.ts'
import { letGo } from '../sandboxes/start_runner.ts'

/** A runner that nobody has wanted after this time was described for nothing. */
const WANTED_MS = 1000

/** Runners that have described a new version, kept for a moment: they are the first to answer queries of it. */
export class FirstRunners {
  readonly #kept = new Map<Introspection, { readonly started: Started; readonly timer: NodeJS.Timeout }>()

  keep(introspection: Introspection, started: Started): void {
    const timer = setTimeout(() => {
      const unwanted = this.take(introspection)
      if (unwanted !== undefined) letGo(unwanted)
    }, WANTED_MS)
    this.#kept.set(introspection, { started, timer })
  }

  /** The one that said this, if it still lives; it is the caller's from now on. */
  take(introspection: Introspection | undefined): Started | undefined {
    const kept = introspection && this.#kept.get(introspection)
    if (introspection === undefined || kept === undefined) return undefined
    clearTimeout(kept.timer)
    this.#kept.delete(introspection)
    if (kept.started.runner.open) return kept.started
    letGo(kept.started)
    return undefined
  }

  close(): void {
    for (const introspection of this.#kept.keys()) {
      const started = this.take(introspection)
      if (started !== undefined) letGo(started)
    }
  }
}
