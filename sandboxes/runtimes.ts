import { noIsolates } from './isolate/no_isolates.ts'
import type { IsolateFolder, NoIsolates } from './isolate/prepare.ts'
import { pythonRuntime, type PythonOptions } from './python/runtime.ts'
import type { Runtime } from './runtime.ts'

export interface RuntimesOptions {
  /** undefined: there is no Python to run modules with. */
  readonly python: PythonOptions | undefined
  readonly isolates: IsolateFolder | NoIsolates
}

/** The languages, one line each. The only file that knows them all. */
export function runtimes(options: RuntimesOptions): readonly Runtime[] {
  const rows: Runtime[] = []
  if (options.python !== undefined) rows.push(pythonRuntime(options.python))
  if ('unusable' in options.isolates) rows.push(noIsolates(options.isolates))
  return rows
}
