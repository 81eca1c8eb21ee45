import type { Logger } from 'pino'
import type { PythonEnvironment } from '../../sandboxes/python/environment.ts'
import type { LoadFailure } from '../../sandboxes/contract.ts'
import type { Catalogue } from '../registry/catalogue.ts'
import type { ModuleEvent } from '../registry/events.ts'

export interface LoadReport {
  /** Logs which modules are served and, of each that is not, why and the command that mends it. */
  readonly start: (catalogue: Catalogue) => Promise<void>
  /** One line for something that happened to a module later. */
  readonly change: (event: ModuleEvent) => Promise<void>
}

export function loadReport(log: Logger, environment: () => PythonEnvironment): LoadReport {
  return {
    async start({ loaded, notLoaded }) {
      log.info({ loaded: loaded.size, notLoaded: notLoaded.length }, 'modules')
      const failed = notLoaded.map(({ source: { name, type, file }, failure }) => ({ module: name, type, file, failure, version: undefined }))
      if (failed.length > 0) await explain(log, environment(), failed)
    },
    async change({ kind, module, type, file, version, failure }) {
      if (failure !== undefined) return await explain(log, environment(), [{ module, type, file, failure, version }])
      log.info({ module, type, file, version }, `module ${module} (type=${type}) is ${kind === 'removed' ? 'no longer there' : kind}`)
    },
  }
}

type Failed = Pick<ModuleEvent, 'module' | 'type' | 'file' | 'version'> & { readonly failure: LoadFailure }

async function explain(log: Logger, environment: PythonEnvironment, failed: readonly Failed[]): Promise<void> {
  // Only needed where something is wrong.
  const [{ diagnose }, { readPackageTables }, { installedRequirements }] = await Promise.all([
    import('../../sandboxes/python/diagnose.ts'),
    import('../../sandboxes/python/package_tables.ts'),
    import('../../sandboxes/python/requirements.ts'),
  ])
  const { python, mispModules } = environment
  const requirements = mispModules === undefined ? [] : installedRequirements(mispModules.packageDir)
  const tables = readPackageTables()
  for (const { module, type, file: own, failure, version } of failed) {
    const fix = diagnose(failure, { tables, python, requirements })
    const { error: reason, file = own, line, trace } = failure
    const stays = version === undefined ? '' : '; its last version that loads is still served'
    log.warn({ module, type, reason, file, line, version, missing: fix?.what, mend: fix?.command },
      `module ${module} (type=${type}) is not loaded: ${reason}${stays}`)
    if (trace !== undefined) log.debug({ module, trace }, 'its traceback')
  }
}
