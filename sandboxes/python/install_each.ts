import { tellingLine, troubleOf, type InstallTrouble } from './install_failure.ts'
import type { PackageInstaller } from './package_installer.ts'
import { normalised, type Requirement } from './requirements.ts'
import type { Attempt } from './run_installer.ts'

/** A requirement that could not be installed, and why in one line. */
export interface FailedRequirement {
  readonly requirement: string
  readonly reason: string
}

/**
 * Installs what can be installed: the whole; where that fails because of a package that is named, the whole without it, and
 * else each half again, down to the single requirement. `fatal` makes the error for trouble that every requirement shares;
 * `earlier` is how the whole has already failed.
 */
export async function installEach(
  installer: PackageInstaller,
  requirements: readonly Requirement[],
  fatal: (trouble: Exclude<InstallTrouble, 'build'>, output: string) => Error,
  failed: (failure: FailedRequirement) => void,
  earlier?: Attempt,
): Promise<void> {
  if (requirements.length === 0) return
  const { ok, output } = earlier ?? (await installer.install(requirements.map(({ text }) => text)))
  if (ok) return
  const trouble = troubleOf(output)
  if (trouble !== 'build') throw fatal(trouble, output)
  const culprits = requirements.length === 1 ? requirements : requirements.filter(({ name }) => blamed(output).has(name))
  for (const { text } of culprits) failed({ requirement: text, reason: tellingLine(output) })
  const rest = requirements.filter((requirement) => !culprits.includes(requirement))
  const middle = culprits.length > 0 ? rest.length : Math.ceil(rest.length / 2)
  await installEach(installer, rest.slice(0, middle), fatal, failed)
  await installEach(installer, rest.slice(middle), fatal, failed)
}

/** The packages that uv or pip say they could not build. */
function blamed(output: string): Set<string> {
  const names = [...output.matchAll(/Failed (?:to build|building wheel for) `?([\w.-]+)/g)].flatMap((found) => found[1] ?? [])
  return new Set(names.map(normalised))
}
