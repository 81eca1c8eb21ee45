import type { InstallOptions } from './install.ts'
import { lookUp, type LookUpOptions, type PreparedPython } from './look_up.ts'
import { environmentsFolder } from './own_environment.ts'
import { requirementFor } from './requirements.ts'
import { nothingInstalled } from './setup_error.ts'

export interface PrepareOptions extends InstallOptions, LookUpOptions {
  /** `--no-install`: never make an environment. */
  readonly noInstall?: boolean
}

/**
 * The Python to serve with: the first that fits, or our own, made now. A warm start runs nothing. Rejects with SetupError.
 * `environment.mispModules` is absent only for `--python`: then custom modules alone can be served.
 */
export async function preparePython(options: PrepareOptions): Promise<PreparedPython> {
  const found = await lookUp(options)
  if (found !== undefined) return found
  if (options.noInstall) throw nothingInstalled(requirementFor(options.extras), environmentsFolder(options.state), true)
  // Loaded only where something is installed: most starts are warm.
  const { installOwn } = await import('./install.ts')
  await installOwn(options)
  const made = await lookUp(options)
  if (made === undefined) throw nothingInstalled(requirementFor(options.extras), environmentsFolder(options.state))
  return made
}
