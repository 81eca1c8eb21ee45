import { createHash } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { InstallOptions } from './install.ts'
import { installEach, type FailedRequirement } from './install_each.ts'
import { fatalError } from './install_failure.ts'
import { InstallLock } from './install_lock.ts'
import { environmentsFolder } from './own_environment.ts'
import { choosePackageInstaller } from './package_installer.ts'
import { CONSTRAINTS, type Requirement } from './requirements.ts'

export type AddOptions = Pick<InstallOptions, 'state' | 'environment' | 'findLinks' | 'constraints' | 'report' | 'signal'>

/**
 * Adds requirements to an environment that is complete, ours or the operator's. Returns those that could not be had. Rejects
 * with SetupError for trouble that they all share.
 */
export async function addPackages(
  options: AddOptions, python: string, requirements: readonly Requirement[],
): Promise<readonly FailedRequirement[]> {
  const { state, environment, report, signal } = options
  const name = createHash('sha256').update(python).digest('hex').slice(0, 16)
  const place = join(environmentsFolder(state), `add-${name}`)
  mkdirSync(environmentsFolder(state), { recursive: true })
  using lock = await InstallLock.take(`${place}.lock`, (pid) => report({ type: 'waiting', pid }), signal)
  const cache = `${place}.cache`
  mkdirSync(cache, { recursive: true })
  const constraints = options.constraints === undefined ? CONSTRAINTS : (options.constraints ?? undefined)
  const run = { environment, report, lock, signal }
  const installer = await choosePackageInstaller(run, python, { findLinks: options.findLinks, constraints, cache })
  report({ type: 'phase', phase: 'packages', detail: `${requirements.map(({ text }) => text).join(' ')} with ${installer.name}` })
  const failed: FailedRequirement[] = []
  await installEach(installer, requirements, (trouble, output) => fatalError(trouble, python, output), (failure) => {
    failed.push(failure)
    report({ type: 'failed', ...failure })
  })
  rmSync(cache, { recursive: true, force: true })
  return failed
}
