import { commandRuntime, type CommandOptions } from './command/runtime.ts'
import { isolateRuntime, type IsolateOptions } from './isolate/runtime.ts'
import { pythonRuntime, type PythonOptions } from './python/runtime.ts'
import type { Runtime } from './runtime.ts'

export interface RuntimesOptions {
  /** undefined: there is no Python to run modules with. */
  readonly python: PythonOptions | undefined
  readonly isolates: IsolateOptions
  readonly command: CommandOptions
}

/** The languages, one line each. The only file that knows them all. */
export function runtimes(options: RuntimesOptions): readonly Runtime[] {
  const rows: Runtime[] = []
  if (options.python !== undefined) rows.push(pythonRuntime(options.python))
  rows.push(isolateRuntime(options.isolates))
  rows.push(commandRuntime(options.command))
  return rows
}
