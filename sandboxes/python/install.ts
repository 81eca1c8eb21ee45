import { chmodSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findBasePython, type BasePython } from './base_python.ts'
import { installEach, type FailedRequirement } from './install_each.ts'
import { fatalError, isDiskFull, tellingLine, troubleOf } from './install_failure.ts'
import type { Report } from './install_events.ts'
import { InstallLock } from './install_lock.ts'
import { environmentsFolder, markComplete, pythonOf, readOwn, type OwnEnvironment } from './own_environment.ts'
import { choosePackageInstaller, type PackageInstaller } from './package_installer.ts'
import type { Probe } from './probe.ts'
import type { Reacher } from '../reach.ts'
import {
  CONSTRAINTS, environmentDigest, installedRequirements, requirementFor, requirementsOf, type Extras,
} from './requirements.ts'
import { runInstaller, type InstallRun } from './run_installer.ts'
import { noVenv, notWritable, SetupError } from './setup_error.ts'

export interface InstallOptions {
  /** The state folder. */
  readonly state: string
  readonly extras: Extras
  /** The host's environment: PATH, PIP_*, UV_*, proxies. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The account that modules will run as, where it is not our own. */
  readonly runner?: Reacher | undefined
  /** `--find-links DIR`: a folder of wheels. */
  readonly findLinks?: string | undefined
  /** `null`: none. Default: ours. */
  readonly constraints?: string | null
  readonly report: Report
  readonly signal?: AbortSignal | undefined
  readonly probe: Probe
}

export interface Installed extends OwnEnvironment {
  readonly how: 'made' | 'resumed' | 'there'
}

/**
 * Our own environment, made where there is none. An interrupted one is made anew from what had been downloaded; nobody sees
 * it before it is complete. Requirements that cannot be had are left out and named. Rejects with SetupError, or with the
 * signal's reason.
 */
export async function installOwn(options: InstallOptions): Promise<Installed> {
  const { state, environment, extras, probe } = options
  const base = await findBasePython(environment['PATH'] ?? '', options.runner, probe)
  const constraints = options.constraints === undefined ? CONSTRAINTS : (options.constraints ?? undefined)
  const requirement = requirementFor(extras)
  const folder = join(environmentsFolder(state), environmentDigest(requirement, constraints, base.version))
  makeReadableFolder(state)
  makeReadableFolder(dirname(folder))
  using lock = await InstallLock.take(`${folder}.lock`, (pid) => options.report({ type: 'waiting', pid }), options.signal)
  const there = readOwn(folder)
  if (there !== undefined) return { ...there, how: 'there' }

  const cache = `${folder}.cache`
  const resumed = statSync(cache, { throwIfNoEntry: false }) !== undefined
  if (resumed) options.report({ type: 'resuming', folder })
  mkdirSync(cache, { recursive: true })
  const run: InstallRun = { environment, report: options.report, lock, signal: options.signal }
  await makeVenv(run, base, folder)
  const installer = await choosePackageInstaller(run, pythonOf(folder), { findLinks: options.findLinks, constraints, cache })
  const failed = await installPackages(run, installer, folder, extras, probe)
  // Accounts that may not write here would compile every import at every start.
  if (options.runner !== undefined) await compileBytecode(run, folder)
  const marker = { requirement, extras, base, installer: installer.name, failed, finishedAt: new Date().toISOString() }
  markComplete(folder, marker)
  rmSync(cache, { recursive: true, force: true })
  return { ...marker, folder, python: pythonOf(folder), how: resumed ? 'resumed' : 'made' }
}

/** The accounts that run modules have to get through, whatever our umask. */
function makeReadableFolder(folder: string): void {
  try {
    if (mkdirSync(folder, { recursive: true, mode: 0o755 }) !== undefined) chmodSync(folder, 0o755)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    throw code === 'ENOSPC' ? fatalError('disk-full', folder, String(error)) : notWritable(folder)
  }
}

/** What an interrupted install left is never trusted: a killed uv leaves packages without some of their files. */
async function makeVenv(run: InstallRun, base: BasePython, folder: string): Promise<void> {
  run.report({ type: 'phase', phase: 'environment', detail: `Python ${base.version} (${base.python})` })
  rmSync(folder, { recursive: true, force: true })
  const { ok, output } = await runInstaller(run, [base.python, '-I', '-m', 'venv', folder])
  if (ok) return
  if (/ensurepip is not available|No module named '?(ensurepip|venv)/.test(output)) {
    throw noVenv(base.python, base.version, 'ensurepip')
  }
  if (troubleOf(output) === 'disk-full' || isDiskFull(dirname(folder))) throw fatalError('disk-full', folder, output)
  throw new SetupError('install-failed', {
    found: `${base.python} could not make an environment in ${folder}: ${tellingLine(output)}`,
    needed: 'a Python whose venv module works',
    command: 'apt-get install -y python3-venv',
    output,
  })
}

async function installPackages(
  run: InstallRun, installer: PackageInstaller, folder: string, extras: Extras, probe: Probe,
): Promise<readonly FailedRequirement[]> {
  const requirement = requirementFor(extras)
  run.report({ type: 'phase', phase: 'packages', detail: `${requirement} with ${installer.name}` })
  const whole = await installer.install([requirement])
  if (whole.ok) return []
  const trouble = troubleOf(whole.output)
  if (trouble !== 'build') throw fatalError(trouble, folder, whole.output)
  run.report({ type: 'phase', phase: 'singly', detail: tellingLine(whole.output) })
  const packageDir = await installCore(installer, folder, probe)
  const failed: FailedRequirement[] = []
  if (extras === 'core') return failed
  const wishes = requirementsOf(installedRequirements(packageDir), extras)
  await installEach(installer, wishes, (kind, output) => fatalError(kind, folder, output), (failure) => {
    failed.push(failure)
    run.report({ type: 'failed', ...failure })
  }, whole)
  return failed
}

/** Without the package itself there is nothing to go on with. */
async function installCore(installer: PackageInstaller, folder: string, probe: Probe): Promise<string> {
  const requirement = requirementFor('core')
  const { ok, output } = await installer.install([requirement])
  const trouble = ok ? undefined : troubleOf(output)
  if (trouble !== undefined && trouble !== 'build') throw fatalError(trouble, folder, output)
  const packageDir = ok ? (await probe(pythonOf(folder))).mispModules?.packageDir : undefined
  if (packageDir !== undefined) return packageDir
  throw new SetupError('install-failed', {
    found: `${requirement} cannot be installed: ${tellingLine(output)}`,
    needed: `${requirement} and what it needs, from a package index or a folder of wheels`,
    command: 'misp-module-host python install --find-links DIR',
    output,
  })
}

async function compileBytecode(run: InstallRun, folder: string): Promise<void> {
  run.report({ type: 'phase', phase: 'bytecode', detail: 'for the account that runs modules' })
  // Some packages ship files for other Python versions, which do not compile: no reason to fail.
  await runInstaller(run, [pythonOf(folder), '-I', '-m', 'compileall', '-q', '-j', '0', join(folder, 'lib')])
}
