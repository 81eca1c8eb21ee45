import { join } from 'node:path'
import { UnknownModules } from '../../sandboxes/python/module_needs.ts'
import { probePython } from '../../sandboxes/python/probe.ts'
import { cachedProbe } from '../../sandboxes/python/probe_cache.ts'
import type { Config } from '../config/config.ts'
import { describeModules } from '../describe_modules.ts'
import { didYouMean } from '../nearest.ts'
import { findAccount } from '../ground/runner_account.ts'
import { openState, statePath } from '../ground/state_folder.ts'
import { commandLog } from './command_log.ts'
import { interruption } from './interruption.ts'
import { pythonInstall, pythonList, type DescribeAll } from './python.ts'
import type { ModuleState } from './python_table.ts'
import { UsageError } from './usage_error.ts'

export interface PythonCommandOptions {
  readonly config: Config
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** `python list`. Rejects with SetupError or Interrupted. */
export async function listCommand(options: PythonCommandOptions): Promise<void> {
  using interrupted = interruption()
  await pythonList({ ...wishes(options, interrupted.signal), out: process.stdout })
}

/** `python install [MODULE...]`. Returns the exit status: 1 where a named module still does not load. Rejects as listCommand, and with UsageError. */
export async function installCommand(options: PythonCommandOptions & { readonly modules: readonly string[] }): Promise<number> {
  using interrupted = interruption()
  const { modules } = options
  try {
    const states = await pythonInstall({ ...wishes(options, interrupted.signal), modules, out: process.stdout, progress: process.stderr })
    return states.some(({ module, loaded }) => modules.includes(module) && !loaded) ? 1 : 0
  } catch (error) {
    if (error instanceof UnknownModules) throw unknownModules(error)
    throw error
  }
}

function unknownModules({ unknown, known }: UnknownModules): UsageError {
  const found = unknown.map((name) => `"${name}"${didYouMean(name, known)}`).join(' and ')
  return new UsageError(`expected modules of misp-modules, found ${found} (there are: ${known.join(', ')})`)
}

function wishes({ config, environment }: PythonCommandOptions, signal: AbortSignal) {
  const { path, extras, findLinks } = config.python
  const state = statePath(config.host.state, environment)
  openState(state)
  const log = commandLog()
  const describeAll: DescribeAll = async (found) => {
    const { catalogue } = await describeModules({ config, environment, log, signal, choose: () => Promise.resolve({ environment: found }) })
    const loaded = [...catalogue.loaded.values()].map(({ source }): ModuleState => ({ module: source.name, type: source.type, loaded: true }))
    const failed = catalogue.notLoaded.map(({ source, failure }): ModuleState => ({ module: source.name, type: source.type, loaded: false, failure }))
    return [...loaded, ...failed]
  }
  return {
    python: path, extras, findLinks, state, environment, describeAll, signal,
    runner: process.getuid?.() === 0 ? findAccount(config.host.user) : undefined,
    probe: cachedProbe(join(state, 'probe.json'), probePython),
  }
}
