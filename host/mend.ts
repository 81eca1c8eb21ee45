import type { LoadFailure, ModuleSource } from '../sandboxes/contract.ts'
import { fixBeside, type Fix } from '../sandboxes/fix.ts'
import type { DiagnosisOptions } from '../sandboxes/python/diagnose.ts'
import type { PythonEnvironment } from '../sandboxes/python/environment.ts'

/** What mends modules that do not load, with the packages that are installed now. */
export function mends(environment: () => PythonEnvironment | undefined): (source: ModuleSource, failure: LoadFailure) => Promise<Fix | undefined> {
  let known: { environment: PythonEnvironment; options: DiagnosisOptions } | undefined
  return async ({ runtime }, failure) => {
    const current = environment()
    if (runtime !== 'python' || current === undefined) return fixBeside(failure)
    // Only needed where something is wrong.
    const { diagnose } = await import('../sandboxes/python/diagnose.ts')
    if (known?.environment !== current) known = { environment: current, options: await optionsOf(current) }
    return diagnose(failure, known.options)
  }
}

async function optionsOf({ python, mispModules }: PythonEnvironment): Promise<DiagnosisOptions> {
  const [{ readPackageTables }, { installedRequirements }] = await Promise.all([
    import('../sandboxes/python/package_tables.ts'),
    import('../sandboxes/python/requirements.ts'),
  ])
  return { tables: readPackageTables(), python, requirements: mispModules === undefined ? [] : installedRequirements(mispModules.packageDir) }
}
