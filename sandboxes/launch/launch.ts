import type { ChildProcess } from 'node:child_process'
import type { CellSpec } from '../runtime.ts'
import type { ControlGroup } from './groups/control_groups.ts'

/** Places of the host's that one cell has, where it sees no others. */
export interface CellPlaces {
  /** Where the host listens for the cell's forked runners. */
  readonly socketFolder?: string | undefined
  /** The socket by which its modules reach what they may. */
  readonly door?: string | undefined
  /** What the kernel bounds it by, where it does. */
  readonly group?: ControlGroup | undefined
}

/** Starts the process of a cell. stdin and stdout carry frames, stderr is the log. */
export type Launch = (spec: CellSpec, places?: CellPlaces) => ChildProcess
