import type { Unit } from '../sandboxes/unit.ts'
import type { Pool } from '../sandboxes/pool/pool.ts'
import { describeModule, leave, type DescribeManner, type Description, type Places } from '../sandboxes/start_runner.ts'
import type { Admission } from './dispatch/admit.ts'
import { FirstRunners } from './first_runners.ts'
import type { Catalogue } from './registry/catalogue.ts'
import { changesOf } from './registry/changes.ts'
import type { ModuleEvents } from './registry/events.ts'
import type { Serving } from './registry/serving.ts'
import type { RunnerEnds } from './observe/runner_ends.ts'

export interface VersionsParts {
  readonly places: Places
  readonly ends: RunnerEnds
  readonly events: ModuleEvents
  /** Made after this: they tell it of what changes. */
  readonly pool: () => Pool
  readonly serving: () => Serving
  readonly admission: () => Admission
}

/** Time for a module to say what it is; what takes longer will not. */
const DESCRIBE_MS = 60_000

/**
 * How one version of a module follows another: the runner that has described the new one answers first, runners of the old one end with
 * their query, and queries that wait go on with the new one.
 */
export class Versions {
  readonly #parts: VersionsParts
  readonly #firsts = new FirstRunners()

  constructor(parts: VersionsParts) {
    this.#parts = parts
  }

  /** What a version says about itself. Where the module is in use the runner that said it is kept for a moment. Rejects as describeModule. */
  async describe(unit: Unit, manner: Omit<DescribeManner, 'ms'>): Promise<Description> {
    const description = await describeModule(unit, this.#parts.places, { ms: DESCRIBE_MS, ...manner })
    const { first, introspection } = description
    if (first === undefined) return description
    const isOutdated = this.#parts.serving().settingsOf(unit.source) !== unit.settings
    if (isOutdated || this.#parts.pool().status().modules[unit.source.name] === undefined) leave(unit, first, this.#parts.places)
    else this.#firsts.keep(introspection, first)
    return description
  }

  /** Another catalogue is served from now on. */
  changed(before: Catalogue, now: Catalogue): void {
    const { ends, events } = this.#parts
    const [pool, serving] = [this.#parts.pool(), this.#parts.serving()]
    const isCurrent = (unit: Unit): boolean => serving.current(unit.source.name)?.key === unit.key
    // What was asked until now will be asked again.
    const inUse = pool.retire(isCurrent).map(({ source }) => serving.current(source.name)).filter((unit) => unit !== undefined)
    for (const unit of inUse) {
      // It became the module before anybody knew what that declares: as warm as is granted.
      const isAsGranted = unit.settings.warm === serving.settingsOf(unit.source).warm
      const first = isAsGranted ? this.#firsts.take(unit.introspection) : undefined
      if (first === undefined) pool.grow(unit, 1, 0)
      else pool.adopt(unit, ends.counted(first))
    }
    this.#parts.admission().renew(isCurrent, ({ source }) => serving.permits(source))
    for (const change of changesOf(before, now)) events.emit(change)
  }

  /** Other settings hold than those that runners became their modules with. */
  forget(): void {
    this.#firsts.close()
  }

  close(): void {
    this.#firsts.close()
  }
}
