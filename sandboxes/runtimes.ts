import { commandRuntime, type CommandOptions } from './command/runtime.ts'
import { noIsolates } from './isolate/no_isolates.ts'
import type { IsolateFolder, NoIsolates } from './isolate/prepare.ts'
import { pythonRuntime, type PythonOptions } from './python/runtime.ts'
import type { Runtime } from './runtime.ts'

export interface RuntimesOptions {
  /** undefined: there is no Python to run modules with. */
  readonly python: PythonOptions | undefined
  readonly command: CommandOptions
  readonly isolates: IsolateFolder | NoIsolates
}

/** The languages, one line each. The only file that knows them all. */
export function runtimes(options: RuntimesOptions): readonly Runtime[] {
  const rows: Runtime[] = []
  if (options.python !== undefined) rows.push(pythonRuntime(options.python))
  rows.push(commandRuntime(options.command))
  if ('unusable' in options.isolates) rows.push(noIsolates(options.isolates))
  return rows
}
