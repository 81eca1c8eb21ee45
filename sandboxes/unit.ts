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
  /**
   * What its runners get along with `load`, so that each becomes the version that was described, whatever was saved since; undefined
   * while the module is being described, and where they read what does not change: the installed package.
   */
  readonly content: Uint8Array | undefined
  readonly settings: ModuleSettings
}
