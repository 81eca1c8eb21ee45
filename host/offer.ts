import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { IsolateFolder, NoIsolates } from '../sandboxes/isolate/isolate_folder.ts'
import type { PythonEnvironment } from '../sandboxes/python/environment.ts'
import { interpreterReads } from '../sandboxes/python/reads.ts'
import { runtimes } from '../sandboxes/runtimes.ts'
import type { Config } from './config/config.ts'
import { OperatorError } from './operator_error.ts'
import type { Profile } from './profile.ts'
import { moduleSettings } from './config/module_settings.ts'
import { digest } from './registry/digest.ts'
import type { ModuleRoot } from './registry/discover.ts'
import type { Offer } from './registry/serving.ts'
import type { RunnerFolder } from './runner_folder.ts'

/** What modules of each language run on. */
export interface Bases {
  readonly python: PythonEnvironment | undefined
  readonly runner: RunnerFolder
  readonly isolates: IsolateFolder | NoIsolates
  readonly profile: Pick<Profile, 'policy'>
}

/**
 * What there is to serve: the modules of the installed package, then those of the operator's roots. Cells of the offer
 * `before` go on where nothing has changed for them. Throws OperatorError.
 */
export function makeOffer(config: Config, { python, runner, isolates, profile: { policy } }: Bases, before?: Offer): Offer {
  const { limits, log } = config
  const options = python && {
    python: python.python,
    runnerFolder: runner.path,
    form: config.python.form,
    descriptors: limits.descriptors,
    fileMb: limits.fileMb,
    debugHttp: log.debugExtended,
    policy,
    reads: policy.apart ? interpreterReads(python) : [],
  }
  const command = { ...runner.command, descriptors: limits.descriptors, fileMb: limits.fileMb, policy }
  const isolated = 'version' in isolates ? isolates.version : ''
  const environment = digest(python?.python ?? '', python?.distributions ?? '', runner.version, runner.command.shim, isolated)
  const settings = moduleSettings(config)
  const inIsolates = { folder: isolates, settings: config.isolates, policy, limits: settings('').limits }
  const launching = digest(environment, JSON.stringify([options ?? null, inIsolates, command]))
  return {
    roots: [...packageRoot(python), ...operatorRoots(config)],
    runtimes: before?.launching === launching ? before.runtimes : runtimes({ python: options, isolates: inIsolates, command }),
    settings,
    environment,
    launching,
  }
}

/** Throws OperatorError where a root of the operator's is no folder. */
export function operatorRoots({ roots }: Pick<Config, 'roots'>): ModuleRoot[] {
  const paths = [roots.custom, ...roots.modules].filter(Boolean)
  for (const path of paths) {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      throw new OperatorError(`expected ${path} to be a folder with modules (expansion/, import_mod/, export_mod/, action_mod/), found none`)
    }
  }
  return paths.map((path) => ({ path, builtin: false }))
}

function packageRoot(python: PythonEnvironment | undefined): ModuleRoot[] {
  const packageDir = python?.mispModules?.packageDir
  return packageDir === undefined ? [] : [{ path: join(packageDir, 'modules'), builtin: true }]
}
