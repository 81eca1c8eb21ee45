import type { Introspection, ModuleSettings, ModuleSource } from './contract.ts'
import type { LoadMessage } from './wire/messages.ts'

/** What to launch: one process tree that runners of one or many modules come from. */
export interface CellSpec {
  /** Names it in logs and status, for example `python/pymisp`. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /**
   * What a fork server imports before it forks; undefined: the process is itself the one runner of its cell.
   */
  readonly preload: readonly string[] | undefined
  /** Name of the smaller cell that this one makes superfluous once it is ready. */
  readonly outdoes?: string
}

/**
 * What one language needs to be told; the machinery (cell, pool, launch, wire) is shared. A row of runtimes.ts makes one.
 */
export interface Runtime {
  readonly name: string
  /** Whether this file in a module root is a module of this language. */
  claims(file: string): boolean
  /** What can be launched, the quickest to start first. */
  readonly cells: readonly CellSpec[]
  /** A cell for one runner, for a module that may have ended the one it shared. */
  readonly alone: CellSpec
  /** Index of the first of `cells` that suits a module; a guess while there is no introspection. */
  smallestCell(source: ModuleSource, introspection: Introspection | undefined): number
  /** What a runner must be told to become this module. */
  load(source: ModuleSource, settings: ModuleSettings, scratch: string, describe: boolean): Omit<LoadMessage, 'type' | 'id'>
}
