import type { ChildProcess } from 'node:child_process'
import type { CellSpec } from '../runtime.ts'

/**
 * Starts the process of a cell. stdin and stdout carry frames, stderr is the log. `socketFolder`: where the host listens for the cell's
 * forked runners; undefined: it has none.
 */
export type Launch = (spec: CellSpec, socketFolder: string | undefined) => ChildProcess
