import type { Runtime } from '../runtime.ts'
import { isolateModuleName } from './module_name.ts'
import type { NoIsolates } from './isolate_folder.ts'

/** Modules in TypeScript and JavaScript where none can run: found, and not loaded for one reason. */
export function noIsolates({ unusable }: NoIsolates): Runtime {
  const never = (): never => {
    throw new Error(unusable)
  }
  const cell = { name: 'isolate', command: '', args: [], env: {}, preload: undefined }
  return { name: 'isolate', unusable, moduleName: isolateModuleName, cells: [], alone: cell, smallestCell: never, load: never }
}
