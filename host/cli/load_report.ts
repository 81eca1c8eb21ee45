import type { Logger } from 'pino'
import type { PythonEnvironment } from '../../sandboxes/python/environment.ts'
import type { Catalogue, NotLoaded } from '../registry/catalogue.ts'

/** Logs which modules are served and, of each that is not, why and the command that mends it. Nothing is said twice. */
export function loadReport(log: Logger, environment: () => PythonEnvironment): (catalogue: Catalogue) => Promise<void> {
  const said = new Map<string, string>()
  let loadedBefore = -1
  return async ({ loaded, notLoaded }) => {
    if (loaded.size !== loadedBefore) log.info({ loaded: loaded.size, notLoaded: notLoaded.length }, 'modules')
    loadedBefore = loaded.size
    const fresh = notLoaded.filter(({ source, failure }) => said.get(source.file) !== failure.error)
    said.clear()
    for (const { source, failure } of notLoaded) said.set(source.file, failure.error)
    if (fresh.length > 0) await explain(log, environment(), fresh)
  }
}

async function explain(log: Logger, environment: PythonEnvironment, failed: readonly NotLoaded[]): Promise<void> {
  // Only needed where something is wrong.
  const [{ diagnose }, { readPackageTables }, { installedRequirements }] = await Promise.all([
    import('../../sandboxes/python/diagnose.ts'),
    import('../../sandboxes/python/package_tables.ts'),
    import('../../sandboxes/python/requirements.ts'),
  ])
  const { python, mispModules } = environment
  const requirements = mispModules === undefined ? [] : installedRequirements(mispModules.packageDir)
  const tables = readPackageTables()
  for (const { source, failure } of failed) {
    const fix = diagnose(failure, { tables, python, requirements })
    const { error: reason, file, line, trace } = failure
    log.warn({ module: source.name, type: source.type, reason, file: file ?? source.file, line, missing: fix?.what, mend: fix?.command },
      `module ${source.name} (type=${source.type}) is not loaded: ${reason}`)
    if (trace !== undefined) log.debug({ module: source.name, trace }, 'its traceback')
  }
}
