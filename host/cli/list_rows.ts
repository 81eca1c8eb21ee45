import type { DescribedModules } from '../describe_modules.ts'
import type { LoadedModule, NotLoaded } from '../registry/catalogue.ts'
import type { ModuleType } from '../../sandboxes/contract.ts'
import { diagnose, type DiagnosisOptions } from '../../sandboxes/python/diagnose.ts'
import type { OfflineModules } from '../../sandboxes/python/offline_modules.ts'
import { diagnosisOptions } from './failure_text.ts'
import { worksWithout, type WorksWithout } from './works_without.ts'

/** A module as `list --json` prints it. */
export type ListRow = LoadedRow | FailedRow

interface Row {
  readonly name: string
  readonly type: ModuleType
  readonly file: string
  /** Whether it belongs to the installed misp-modules. */
  readonly builtin: boolean
}

interface LoadedRow extends Row {
  readonly loaded: true
  readonly worksWithout: Omit<WorksWithout, 'settings'>
  readonly settings: readonly string[]
}

interface FailedRow extends Row {
  readonly loaded: false
  readonly reason: string
  /** What is missing, and the command that mends it, where a package does. */
  readonly missing?: string
  readonly mend?: string
}

/** Every module and every file that claims to be one, by name; of one name those that are not loaded first. */
export function listRows({ catalogue, python: { environment } }: DescribedModules, facts: OfflineModules): ListRow[] {
  const options = diagnosisOptions(environment)
  const failed = catalogue.notLoaded.map((each) => failedRow(each, options))
  const loaded = [...catalogue.loaded.values()].map((each) => loadedRow(each, environment.mispModules?.version, facts))
  return [...failed, ...loaded].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

function loadedRow(module: LoadedModule, version: string | undefined, facts: OfflineModules): LoadedRow {
  const { name, type, file, builtin } = module.source
  const { settings, ...without } = worksWithout(module, version, facts)
  return { name, type, loaded: true, file, builtin, worksWithout: without, settings }
}

function failedRow({ source: { name, type, file, builtin }, failure }: NotLoaded, options: DiagnosisOptions): FailedRow {
  const fix = diagnose(failure, options)
  return { name, type, loaded: false, file, builtin, reason: failure.error, ...(fix && { missing: fix.what, mend: fix.command }) }
}
