import { statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { IsolateFolder, NoIsolates } from '../sandboxes/isolate/isolate_folder.ts'
import type { PythonEnvironment } from '../sandboxes/python/environment.ts'
import type { PythonFiles } from '../sandboxes/python/python_files.ts'
import type { PythonOptions } from '../sandboxes/python/runtime.ts'
import { runtimes } from '../sandboxes/runtimes.ts'
import type { Config, SharedModules } from './config/config.ts'
import type { Roots } from './config/roots.ts'
import { OperatorError } from './operator_error.ts'
import type { Profile } from './ground/profile.ts'
import { matcher, moduleSettings } from './config/module_settings.ts'
import { digest } from './registry/digest.ts'
import type { ModuleRoot } from './registry/discover.ts'
import type { Offer, Terms } from './registry/serving.ts'
import type { RunnerFolder } from './ground/runner_folder.ts'

/** What modules of each language run on. */
export interface Bases {
  readonly python: PythonEnvironment | undefined
  readonly pythonFiles: PythonFiles
  readonly runner: RunnerFolder
  readonly isolates: IsolateFolder | NoIsolates
  readonly profile: Pick<Profile, 'policy'>
}

/**
 * What there is to serve: the modules of the installed package, then those of the operator's roots. Cells of the offer
 * `before` go on where nothing has changed for them. Throws OperatorError.
 */
export function makeOffer(config: Config, { python, pythonFiles, runner, isolates, profile: { policy } }: Bases, before?: Offer): Offer {
  const { limits, log } = config
  const options = python && {
    python: python.python,
    runnerFolder: runner.path,
    form: config.python.form,
    descriptors: limits.descriptors,
    fileMb: limits.fileMb,
    debugHttp: log.debugExtended,
    policy,
    ...(policy.apart && seenOf(pythonFiles, python)),
  }
  const command = { ...runner.command, descriptors: limits.descriptors, fileMb: limits.fileMb, policy }
  // Its folder's name is its version; where the state folder is changes nothing of what a module says.
  const shim = basename(dirname(runner.command.shim))
  const isolated = 'version' in isolates ? isolates.version : ''
  const environment = digest(python?.python ?? '', python?.distributions ?? '', runner.version, shim, isolated)
  const settings = moduleSettings(config)
  const inIsolates = { folder: isolates, settings: config.isolates, policy, limits: settings('').limits }
  const launching = digest(environment, JSON.stringify([options ?? null, inIsolates, command]))
  return {
    roots: [...packageRoot(python, config), ...operatorRoots(config, before !== undefined)],
    runtimes: before?.launching === launching ? before.runtimes : runtimes({ python: options, isolates: inIsolates, command }),
    settings,
    environment,
    launching,
  }
}

function seenOf(files: PythonFiles, python: PythonEnvironment): Pick<PythonOptions, 'reads' | 'copies'> {
  const { reads, copies } = files.of(python)
  return { reads, copies }
}

/** What of a configuration holds at once, whatever of the modules is still to be found out. */
export function termsOf(config: Config): Terms {
  const { roots, tenant } = config
  const own = new Set(foldersOf(roots))
  const shared = tenant && isShared(tenant.shared)
  return { settings: moduleSettings(config), offers: ({ name, root }) => shared === undefined || own.has(root) || shared(name) }
}

/**
 * The roots besides the installed package: the operator's, of which a tenant sees what is shared with it, then its own. Throws OperatorError
 * where one is no folder. `isServed`: a tenant that is served already may take its own away, and then there is nothing in it.
 */
export function operatorRoots({ roots, tenant }: Pick<Config, 'roots' | 'tenant'>, isServed = false): ModuleRoot[] {
  const folders = isServed && tenant?.shared.roots !== undefined ? foldersOf(roots) : ownFolders(roots)
  const own = folders.map((path) => ({ path, builtin: false, own: tenant?.shared.roots !== undefined }))
  if (tenant === undefined || tenant.shared.names.length === 0) return own
  const { shared } = tenant
  const only = isShared(shared)
  if (shared.roots === undefined) return own.map((root) => ({ ...root, only }))
  return [...ownFolders(shared.roots).map((path) => ({ path, builtin: false, only })), ...own]
}

/** Whether there are all roots that are to be served. */
export function hasRoots(config: Pick<Config, 'roots' | 'tenant'>, isServed = false): boolean {
  try {
    operatorRoots(config, isServed)
    return true
  } catch {
    return false
  }
}

/** Folders of the roots that are configured. Throws OperatorError where one is none. */
export function ownFolders(roots: Roots): string[] {
  const paths = foldersOf(roots)
  for (const path of paths) {
    if (!isFolder(path)) {
      throw new OperatorError(`expected ${path} to be a folder with modules (expansion/, import_mod/, export_mod/, action_mod/), found none`)
    }
  }
  return paths
}

/** The same, whether they are there or not. */
export function foldersOf({ custom, modules }: Roots): string[] {
  return [custom, ...modules].filter(Boolean)
}

/** What a tenant has made of its path that cannot be looked at is none. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

function packageRoot(python: PythonEnvironment | undefined, { tenant }: Config): ModuleRoot[] {
  const packageDir = python?.mispModules?.packageDir
  if (packageDir === undefined || tenant?.shared.names.length === 0) return []
  const only = tenant && isShared(tenant.shared)
  return [{ path: join(packageDir, 'modules'), builtin: true, ...(only && { only }) }]
}

function isShared({ names }: SharedModules): (name: string) => boolean {
  const fitting = names.map(matcher)
  return (name) => fitting.some((fits) => fits(name))
}
