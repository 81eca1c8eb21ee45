import type { Introspection, ModuleSettings, ModuleSource } from './contract.ts'
import type { Runtime } from './runtime.ts'

/** One version of one module with its settings: what a runner becomes, and what a query is about. */
export interface Unit {
  /** Differs between versions, so that queries of an old one finish on it. */
  readonly key: string
  readonly runtime: Runtime
  readonly source: ModuleSource
  /** undefined while the module is being described. */
  readonly introspection: Introspection | undefined
  readonly settings: ModuleSettings
}
