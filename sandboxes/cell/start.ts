import { QueryFailure } from '../failure.ts'
import { isItself } from '../is_itself.ts'
import type { CellSpec } from '../runtime.ts'
import type { Cell, CellOptions } from './cell.ts'
import { forkCell } from './fork.ts'
import type { LaunchManner } from './process.ts'
import { singleCell } from './single.ts'

export type StartManner = Omit<LaunchManner, 'socketFolder'>

/**
 * Starts a cell. Settles when runners can be had from it; rejects with SANDBOX_UNAVAILABLE, which says what it printed, when
 * nothing is left of it: also when `signal` ends the start. What is started ahead runs behind others until `hurry` settles.
 */
export async function startCell(spec: CellSpec, options: CellOptions, signal: AbortSignal, manner: StartManner = {}): Promise<Cell> {
  const { itself, preload } = spec
  if (itself !== undefined && !isItself(itself)) {
    throw new QueryFailure('SANDBOX_UNAVAILABLE', `expected ${itself} to be the folder that it was when the configuration was read, found that it leads elsewhere`)
  }
  return await (preload === undefined ? singleCell(spec, options, signal, manner) : forkCell(spec, preload, options, signal, manner))
}
