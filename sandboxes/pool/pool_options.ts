import type { QueryFailure } from '../failure.ts'
import type { Unit } from '../unit.ts'
import type { Runner } from '../wire/runner.ts'

export interface PoolOptions {
  /** Private memory of all runners together: idle ones go and new ones wait, running ones are never killed for it. */
  readonly memoryBytes: number
  readonly cores: number
  readonly idleMs: number
  /** A runner that has become this unit. Rejects with QueryFailure: NOT_LOADED, SANDBOX_UNAVAILABLE. */
  readonly start: (unit: Unit) => Promise<Started>
  /** Takes over idle runners of a version that queries no longer run on; where absent, these are ended. */
  readonly leave?: (unit: Unit, runner: Runner) => void
}

export interface Started {
  readonly runner: Runner
  /** Called once nothing of the runner is left, whatever ended it. */
  readonly cleanUp: () => void
}

/** What the pool tells dispatch, which is where queries wait. */
export interface PoolEvents {
  /** A runner of this unit has room for a query. */
  free(key: string): void
  /** A runner of this unit could not be started and there is no other. */
  failed(key: string, failure: QueryFailure): void
}
