import type { Blame, QueryFailure } from '../../sandboxes/failure.ts'
import { diagnose } from '../../sandboxes/python/diagnose.ts'
import type { PythonEnvironment } from '../../sandboxes/python/environment.ts'
import { readPackageTables } from '../../sandboxes/python/package_tables.ts'
import { installedRequirements } from '../../sandboxes/python/requirements.ts'
import { LoadError } from '../../sandboxes/start_runner.ts'
import { printable } from './printable.ts'

/** Why a query failed, for people: whose fault it is, the module's traceback, and what mends a module that does not load. */
export function failureText(failure: QueryFailure, environment: PythonEnvironment): string {
  const { code, blame, message, trace } = failure
  const fix = failure instanceof LoadError ? diagnose(failure.reason, diagnosisOptions(environment)) : undefined
  return [
    ...(trace === undefined ? [] : [trace.trimEnd()]),
    failure instanceof LoadError ? `the module does not load: ${message}` : `${code}, ${WHOSE[blame]}: ${message}`,
    ...(fix === undefined ? [] : [`missing: ${fix.what}`, `mend it with: ${fix.command}`]),
  ].map((line) => `${printable(line)}\n`).join('')
}

const WHOSE: Readonly<Record<Blame, string>> = { caller: 'a fault of the call', module: 'a fault of the module', host: 'a fault of the host' }

/** What `diagnose` has to know of an environment. */
export function diagnosisOptions({ python, mispModules }: PythonEnvironment) {
  return { tables: readPackageTables(), python, requirements: mispModules === undefined ? [] : installedRequirements(mispModules.packageDir) }
}
