import type { Limits, LoadFailure, ModuleSource } from '../../../sandboxes/contract.ts'
import type { Fix } from '../../../sandboxes/fix.ts'
import type { RunnerStates } from '../../../sandboxes/pool/runner_states.ts'
import type { Watched } from '../../dispatch/watched.ts'
import type { ModuleEvents } from '../../registry/events.ts'
import type { Pieces } from '../pieces.ts'
import type { ModuleDetail } from './module_schemas.ts'

/** What is shown of the places of this machine. */
export interface Shown {
  readonly folder: (path: string) => string
  readonly file: (path: string) => string
  readonly text: (text: string) => string
}

/** What our own API needs besides what the compat routes do. */
export interface ApiPieces extends Pick<Pieces, 'tenant' | 'ask' | 'catalogue' | 'settings' | 'statistics' | 'margin' | 'bytes' | 'answers' | 'unreadMs' | 'log' | 'listenName'> {
  readonly watched: Watched
  readonly events: ModuleEvents
  /** Runners of modules that have some. */
  readonly runners: () => ReadonlyMap<string, RunnerStates>
  /** Queries that wait, of modules that have some. */
  readonly waiting: () => ReadonlyMap<string, number>
  /** Milliseconds since 1970; undefined where the file was never loaded. */
  readonly reloadedAt: (file: string) => number | undefined
  /** What runners of a language keep to, of what a module may use. */
  readonly limits: (runtime: string, limits: Limits) => Limits
  /** Whether what a module in a language remembers of a query is there for the next, and why. */
  readonly state: (runtime: string, module: string) => ModuleDetail['state']
  /** When a module that crashed too often is on again, in milliseconds since 1970; undefined: it is on. */
  readonly offUntil: (module: string) => number | undefined
  /** undefined: the failure is the module's own. */
  readonly mend: (source: ModuleSource, failure: LoadFailure) => Promise<Fix | undefined>
  /** Known names that were perhaps meant, the nearest first. */
  readonly nearest: (found: string, known: readonly string[]) => readonly string[]
  /** How files and texts with files in them are shown to whoever asks. */
  readonly shown: Shown
  readonly status: () => Promise<object>
  /** Prometheus' text format. */
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>
  /** How long a request of ours may take to arrive. */
  readonly bodyMs: number
  /** Aborted when the host ends: streams that never end by themselves do then. */
  readonly ending: AbortSignal
}

/** What the routes that ask no module need. */
export type OverviewPieces = Pick<ApiPieces, 'catalogue' | 'listenName' | 'events' | 'shown' | 'status' | 'metrics' | 'ending'>
