import type { PythonEnvironment } from '../../sandboxes/python/environment.ts'
import { addPackages } from '../../sandboxes/python/add_packages.ts'
import { installOwn, type InstallOptions } from '../../sandboxes/python/install.ts'
import type { FailedRequirement } from '../../sandboxes/python/install_each.ts'
import { moduleNeeds } from '../../sandboxes/python/module_needs.ts'
import { environmentsFolder, findOwn, noteFailed } from '../../sandboxes/python/own_environment.ts'
import { readPackageTables } from '../../sandboxes/python/package_tables.ts'
import { lookUp } from '../../sandboxes/python/look_up.ts'
import { installedRequirements, parseRequirement, requirementFor } from '../../sandboxes/python/requirements.ts'
import { retryFailed } from '../../sandboxes/python/retry_failed.ts'
import { nothingInstalled } from '../../sandboxes/python/setup_error.ts'
import { systemPackages } from '../../sandboxes/python/system_packages.ts'
import { showInstall, type Out } from './python_progress.ts'
import { moduleTable, type ModuleState } from './python_table.ts'

export type DescribeAll = (environment: PythonEnvironment) => Promise<readonly ModuleState[]>

export interface PythonListOptions extends Omit<InstallOptions, 'report'> {
  /** `--python PATH`. */
  readonly python?: string | undefined
  readonly describeAll: DescribeAll
  /** Gets the table. */
  readonly out: Out
}

export interface PythonInstallOptions extends PythonListOptions {
  /** Only what these modules of misp-modules need, on top of the environment in use. */
  readonly modules: readonly string[]
  /** Gets the progress. */
  readonly progress: Out
}

/** `python list`: which modules load, and what mends the others. Rejects with SetupError where there is no environment. */
export async function pythonList(options: PythonListOptions): Promise<void> {
  const found = await lookUp(options)
  if (found === undefined) throw nothingInstalled(requirementFor(options.extras), environmentsFolder(options.state))
  await printTable(options, found.environment, found.own?.failed ?? [])
}

/**
 * `python install`: the pinned misp-modules into `--python` or our own environment; with names of modules, what these need
 * into the environment that serving uses. Ends with the table. Rejects with SetupError, or UnknownModules.
 */
export async function pythonInstall(options: PythonInstallOptions): Promise<readonly ModuleState[]> {
  const failed = await install(options)
  const found = await lookUp(options)
  if (found === undefined) throw nothingInstalled(requirementFor(options.extras), environmentsFolder(options.state))
  if (found.environment.origin !== 'own' && options.python === undefined) {
    const { python, origin } = found.environment
    options.progress.write(`serving uses ${python} (${origin}), which comes before our own environment\n`)
  }
  return await printTable(options, found.environment, failed)
}

async function install(options: PythonInstallOptions): Promise<readonly FailedRequirement[]> {
  using shown = showInstall(options.progress)
  const { report } = shown
  if (options.modules.length > 0) return await installModules({ ...options, report })
  if (options.python !== undefined) {
    return await addPackages({ ...options, report }, options.python, [parseRequirement(requirementFor(options.extras))])
  }
  const own = await installOwn({ ...options, report })
  return own.how === 'there' ? await retryFailed({ ...options, report }, own) : own.failed
}

async function installModules(options: PythonInstallOptions & InstallOptions): Promise<readonly FailedRequirement[]> {
  const found = await lookUp(options)
  if (found?.environment.mispModules === undefined) {
    if (options.python === undefined) await installOwn({ ...options, extras: 'core' })
    else await addPackages(options, options.python, [parseRequirement(requirementFor('core'))])
  }
  const { environment } = found?.environment.mispModules === undefined ? ((await lookUp(options)) ?? {}) : found
  if (environment?.mispModules === undefined) throw nothingInstalled(requirementFor('core'), environmentsFolder(options.state))
  const needs = await moduleNeeds(environment.python, environment.mispModules.packageDir, options.modules, readPackageTables())
  const failed = await addPackages(options, environment.python, needs)
  const own = findOwn(options.state)
  if (own?.python === environment.python) {
    const tried = new Set(needs.map(({ text }) => text))
    noteFailed(own, [...own.failed.filter(({ requirement }) => !tried.has(requirement)), ...failed])
  }
  return failed
}

async function printTable(
  options: PythonListOptions, environment: PythonEnvironment, failed: readonly FailedRequirement[],
): Promise<readonly ModuleState[]> {
  const tables = readPackageTables()
  const [states, system] = await Promise.all([options.describeAll(environment), systemPackages(tables)])
  const { mispModules, python, version, origin } = environment
  const columns = options.out.isTTY ? options.out.columns : undefined
  const requirements = mispModules === undefined ? [] : installedRequirements(mispModules.packageDir)
  options.out.write(moduleTable(states, { tables, python, requirements, missingSystem: system?.missing, failed, columns }))
  options.out.write(`Python ${version} at ${python} (${origin}), misp-modules ${mispModules?.version ?? 'not installed'}\n`)
  return states
}
