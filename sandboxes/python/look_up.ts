import { resolve } from 'node:path'
import { findPython, type PythonEnvironment, type PythonWishes } from './environment.ts'
import { findOwn, type OwnEnvironment } from './own_environment.ts'
import type { Probe } from './probe.ts'

export interface LookUpOptions {
  /** `--python PATH`. */
  readonly python?: string | undefined
  /** The host's environment: `VIRTUAL_ENV` and `PATH`. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The state folder. */
  readonly state: string
  readonly probe: Probe
  readonly passedOver?: PythonWishes['passedOver']
}

export interface PreparedPython {
  readonly environment: PythonEnvironment
  /** What is known of our own environment: its base, whether runners reach it, requirements that could not be had. */
  readonly own?: OwnEnvironment
}

/** The Python to serve with, the first that fits; undefined where there is none. A warm look-up runs nothing. Rejects with SetupError. */
export async function lookUp(options: LookUpOptions): Promise<PreparedPython | undefined> {
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
