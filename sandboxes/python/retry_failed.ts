import { addPackages, type AddOptions } from './add_packages.ts'
import type { FailedRequirement } from './install_each.ts'
import { noteFailed, type OwnEnvironment } from './own_environment.ts'
import { parseRequirement } from './requirements.ts'

/**
 * Tries again what an environment of our own could not have: a library may have been installed since, or a package published.
 * Returns, and notes in the environment, what still cannot be had. Rejects with SetupError for trouble that they all share.
 */
export async function retryFailed(options: AddOptions, own: OwnEnvironment): Promise<readonly FailedRequirement[]> {
  if (own.failed.length === 0) return []
  const failed = await addPackages(options, own.python, own.failed.map(({ requirement }) => parseRequirement(requirement)))
  noteFailed(own, failed)
  return failed
}
