import type { LoadFailure, ModuleType } from '../../sandboxes/contract.ts'

/**
 * Something that happened to a module. `loaded`: it is there and was not; `reloaded`: another version of it is; `failed`: a version does
 * not load, and where there was one before, that one stays; `removed`: it is no longer there.
 */
export interface ModuleEvent {
  /** Counts from 1, without gaps. */
  readonly id: number
  /** Milliseconds since 1970. */
  readonly at: number
  readonly kind: 'loaded' | 'reloaded' | 'failed' | 'removed'
  /** Whose module it is, where events of several are told together. */
  readonly tenant?: string
  readonly module: string
  readonly type: ModuleType
  readonly runtime: string
  readonly file: string
  /** Version that is served now; undefined where none is. */
  readonly version: string | undefined
  /** Why the version in `file` does not load. */
  readonly failure: LoadFailure | undefined
}

/** So many are kept for those who come late. */
const KEPT = 1000

/** What happened to modules, the latest last, and who wants to hear of it. */
export class ModuleEvents {
  readonly #kept: ModuleEvent[] = []
  readonly #listeners = new Set<(event: ModuleEvent) => void>()
  readonly #counts = new Map<ModuleEvent['kind'], number>()
  #count = 0

  emit(event: Omit<ModuleEvent, 'id' | 'at'>): void {
    this.#counts.set(event.kind, (this.#counts.get(event.kind) ?? 0) + 1)
    const complete: ModuleEvent = { ...event, id: (this.#count += 1), at: Date.now() }
    this.#kept.push(complete)
    if (this.#kept.length > KEPT) this.#kept.shift()
    for (const listener of this.#listeners) listener(complete)
  }

  /** How many there have been, of each kind. */
  get counts(): ReadonlyMap<ModuleEvent['kind'], number> {
    return this.#counts
  }

  /** Those that are kept and came after the one with this id. */
  since(id: number): readonly ModuleEvent[] {
    return this.#kept.filter((event) => event.id > id)
  }

  /** Told of everything from now on; a listener must not throw. */
  subscribe(listener: (event: ModuleEvent) => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }
}
