import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { tellingLine, troubleOf, fatalError } from './install_failure.ts'
import { pipSettings } from './pip_settings.ts'
import { runInstaller, type Attempt, type InstallRun } from './run_installer.ts'

/** Puts requirements into one environment. */
export interface PackageInstaller {
  readonly name: 'uv' | 'pip'
  install(requirements: readonly string[]): Promise<Attempt>
}

export interface PackageSources {
  /** `--find-links`: tried first and alone, so that with a full folder nothing is asked of a registry. */
  readonly findLinks: string | undefined
  readonly constraints: string | undefined
  /** Keeps what was downloaded until the install is done. */
  readonly cache: string
}

/**
 * uv in the environment itself, five times as fast as pip; pip where uv cannot be had. Rejects with SetupError where the
 * disk is full.
 */
export async function choosePackageInstaller(
  run: InstallRun, python: string, sources: PackageSources,
): Promise<PackageInstaller> {
  const pip = pipInstaller(run, python, sources)
  if (uvOf(python) === undefined) {
    run.report({ type: 'phase', phase: 'installer', detail: 'uv' })
    const attempt = await pip.install(['uv'])
    if (!attempt.ok) {
      if (troubleOf(attempt.output) === 'disk-full') throw fatalError('disk-full', dirname(dirname(python)), attempt.output)
      run.report({ type: 'no-uv', reason: tellingLine(attempt.output) })
    }
  }
  const uv = uvOf(python)
  if (uv === undefined) return pip
  const works = await runInstaller(run, [uv, '--version'])
  if (works.ok) return elsePip(run, await uvInstaller(run, uv, python, sources), pip)
  run.report({ type: 'no-uv', reason: tellingLine(works.output) })
  return pip
}

/** pip got uv from the registry: where uv itself does not reach it, some setting is known to pip only. */
function elsePip(run: InstallRun, uv: PackageInstaller, pip: PackageInstaller): PackageInstaller {
  let chosen = uv
  return {
    get name() {
      return chosen.name
    },
    async install(requirements) {
      const attempt = await chosen.install(requirements)
      if (attempt.ok || chosen === pip || troubleOf(attempt.output) !== 'registry-unreachable') return attempt
      run.report({ type: 'no-uv', reason: tellingLine(attempt.output) })
      chosen = pip
      return await pip.install(requirements)
    },
  }
}

function uvOf(python: string): string | undefined {
  const uv = join(dirname(python), 'uv')
  return existsSync(uv) ? uv : undefined
}

function pipInstaller(run: InstallRun, python: string, sources: PackageSources): PackageInstaller {
  const command = [
    python, '-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--progress-bar', 'off', ...constrained(sources),
  ]
  const variables = {
    ...unless(run, 'PIP_CACHE_DIR', join(sources.cache, 'pip')),
    // Without any retry pip does not say that it could not connect.
    PIP_RETRIES: String(Math.max(1, Number(run.environment['PIP_RETRIES'] ?? 2) || 0)),
    PIP_ROOT_USER_ACTION: 'ignore',
    PYTHONIOENCODING: 'utf-8',
  }
  const noIndex = /^(1|true|yes|on)$/i.test(run.environment['PIP_NO_INDEX'] ?? '')
  return { name: 'pip', install: fromSources(run, command, variables, sources, noIndex) }
}

async function uvInstaller(run: InstallRun, uv: string, python: string, sources: PackageSources): Promise<PackageInstaller> {
  const settings = await pipSettings(python, run.environment)
  const command = [uv, 'pip', 'install', '--python', python, ...constrained(sources)]
  const variables = {
    ...settings.uv,
    ...unless(run, 'UV_CACHE_DIR', join(sources.cache, 'uv')),
    UV_PYTHON_DOWNLOADS: 'never',
    NO_COLOR: '1',
  }
  return { name: 'uv', install: fromSources(run, command, variables, sources, settings.noIndex) }
}

function fromSources(
  run: InstallRun, command: readonly string[], variables: Record<string, string>, { findLinks }: PackageSources, noIndex: boolean,
): PackageInstaller['install'] {
  const attempt = (options: readonly string[], requirements: readonly string[]) =>
    runInstaller(run, [...command, ...options, ...requirements], variables)
  if (findLinks === undefined) return (requirements) => attempt(noIndex ? ['--no-index'] : [], requirements)
  let registry = !noIndex
  return async (requirements) => {
    const offline = await attempt(['--find-links', findLinks, '--no-index'], requirements)
    if (offline.ok || !registry || troubleOf(offline.output) !== 'build') return offline
    const online = await attempt(['--find-links', findLinks], requirements)
    registry = online.ok || troubleOf(online.output) !== 'registry-unreachable'
    // Without a registry, what the folder lacks is the trouble.
    return registry ? online : offline
  }
}

function constrained({ constraints }: PackageSources): string[] {
  return constraints === undefined ? [] : ['--constraint', constraints]
}

function unless(run: InstallRun, name: string, value: string): Record<string, string> {
  return run.environment[name] === undefined ? { [name]: value } : {}
}
