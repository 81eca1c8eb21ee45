import { resolve } from 'node:path'
import { findPython, type PythonEnvironment, type PythonWishes } from './environment.ts'
import { installOwn, type InstallOptions } from './install.ts'
import { findOwn, environmentsFolder, type OwnEnvironment } from './own_environment.ts'
import { requirementFor } from './requirements.ts'
import { nothingInstalled } from './setup_error.ts'

export interface PrepareOptions extends InstallOptions {
  /** `--python PATH`. */
  readonly python?: string | undefined
  /** `--no-install`: never make an environment. */
  readonly noInstall?: boolean
  readonly passedOver?: PythonWishes['passedOver']
}

export interface PreparedPython {
  readonly environment: PythonEnvironment
  /** What is known of our own environment: its base, whether runners reach it, requirements that could not be had. */
  readonly own?: OwnEnvironment
}

/**
 * The Python to serve with: the first that fits, or our own, made now. A warm start runs nothing. Rejects with SetupError.
 * `environment.mispModules` is absent only for `--python`: then custom modules alone can be served.
 */
export async function preparePython(options: PrepareOptions): Promise<PreparedPython> {
  const found = await lookUp(options)
  if (found !== undefined) return found
  if (options.noInstall) throw nothingInstalled(requirementFor(options.extras), environmentsFolder(options.state), true)
  await installOwn(options)
  const made = await lookUp(options)
  if (made === undefined) throw nothingInstalled(requirementFor(options.extras), environmentsFolder(options.state))
  return made
}

/** As `preparePython`, but undefined where there is none. */
export async function lookUp(
  options: Pick<PrepareOptions, 'python' | 'environment' | 'state' | 'probe' | 'passedOver'>,
): Promise<PreparedPython | undefined> {
  const own = findOwn(options.state)
  const wishes = {
    flag: options.python === undefined ? undefined : resolve(options.python),
    virtualEnv: options.environment['VIRTUAL_ENV'],
    path: options.environment['PATH'],
    own: own?.python,
    ...(options.passedOver === undefined ? {} : { passedOver: options.passedOver }),
  }
  const environment = await findPython(wishes, options.probe)
  if (environment === undefined) return undefined
  return environment.origin === 'own' && own !== undefined ? { environment, own } : { environment }
}
