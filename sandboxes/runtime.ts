import type { Introspection, Limits, ModuleFile, ModuleSettings, ModuleSource } from './contract.ts'
import type { LoadMessage } from './wire/messages.ts'

/** Paths of files and folders, none of them a link, and where a copy of each is. */
export type Copies = Readonly<Record<string, string>>

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
  /**
   * How many queries one runner of it may be asked at once; 1 where absent. One that takes several ends a query at its deadline by
   * itself, and is killed only if it does not.
   */
  readonly atOnce?: number
  /** Processes of this kind that are started ahead of need, so that nobody waits for that. None where absent. */
  readonly spares?: number
  /** Whether a runner of it that is asked nothing any more can be told to become another version of the module that it was. */
  readonly again?: boolean
  /** A runner of it that has described its module is not ready to answer queries about it. */
  readonly describesOnly?: boolean
  /** Most bytes of the content that it makes, for one that compiles. */
  readonly contentBytes?: number
  /**
   * Private memory that a runner may add to what it had when it was loaded: so much, and so much for each query it has had at a time.
   * Where absent, the module's limit holds for the one query. `runners`: most that are in its cell at a time; 1 where absent.
   */
  readonly memory?: { readonly baseMb: number; readonly perQueryMb: number; readonly runners?: number }
  /** Text in its log that says: the process ends because it has no more memory. */
  readonly outOfMemory?: string
  /** Files and folders that it reads: all that it sees of the machine's, where the profile lets it see no more. None where absent. */
  readonly reads?: readonly string[]
  /** What of that is a stranger's folder: it is shown as long as it is itself, and not a link that somebody has put in its place. */
  readonly itself?: string
  /** Where copies of what it reads are, for what its account cannot reach: the cell sees them in its place. */
  readonly copies?: Copies
  /** Where each module has cells of its own: this one reads the files of a module itself, and is for one alone. */
  readonly readsModule?: boolean
  /** What it may start, where the profile forbids the rest: other processes; 'threads' where absent, after it has become its program. */
  readonly starts?: 'processes' | 'threads'
  /** Modules that run in it may reach the network. */
  readonly reaches?: boolean
  /** The module that a fork server imports before it forks, where its cell is for one alone; with what its runners get along with `load`. */
  readonly template?: { readonly load: Omit<LoadMessage, 'type' | 'id'>; readonly content: Uint8Array | undefined }
  /** Each runner of it has one query. */
  readonly fresh?: boolean
}

/** A file is no longer what a runner read. */
export class FileChanged extends Error {
  override name = 'FileChanged'
}

/**
 * What one language needs to be told; the machinery (cell, pool, launch, wire) is shared. A row of runtimes.ts makes one.
 */
export interface Runtime {
  readonly name: string
  /** Whether nothing of one query is there for the next, unless its module is warm. It is where absent. */
  readonly fresh?: boolean
  /** Why none of its modules can run on this machine; undefined: they can. */
  readonly unusable?: string
  /** Name of the module that this file in a module root is; undefined where it is none of this language. */
  moduleName(file: string): string | undefined
  /** What can be launched, the quickest to start first. */
  readonly cells: readonly CellSpec[]
  /** A cell for one runner, for a module that may have ended the one it shared. */
  readonly alone: CellSpec
  /**
   * A process that makes of a module's files what its runners get as the content of `load`: it is sent the same message, and answers
   * `loaded` with the content and the files that it is made of. undefined: `contentOf` does that after a runner has read the files.
   */
  readonly compiler?: CellSpec
  /**
   * The content for files that a runner has just read, described as `files`. undefined: there is none, runners read the files. Throws
   * FileChanged where a file is no longer what the runner read.
   */
  readonly contentOf?: (source: ModuleSource, files: readonly ModuleFile[]) => Uint8Array | undefined
  /** See ModuleSource. */
  readonly confined?: readonly string[]
  /** Longest body that its runners take. Any where absent. */
  readonly inputBytes?: number
  /** What its runners keep to, of what a module may use. All of it where absent. */
  readonly limits?: (limits: Limits) => Limits
  /** Index of the first of `cells` that suits a module; a guess while there is no introspection. */
  smallestCell(source: ModuleSource, introspection: Introspection | undefined): number
  /** What a runner must be told to become this module. */
  load(source: ModuleSource, settings: ModuleSettings, scratch: string, describe: boolean): Omit<LoadMessage, 'type' | 'id'>
}
