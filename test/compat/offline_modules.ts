import type { OfflineCase } from './offline_case.ts'
import { OFFLINE_EXPANSION } from './offline_expansion.ts'
import { OFFLINE_ACTION, OFFLINE_EXPORT } from './offline_export.ts'
import { OFFLINE_IMPORT } from './offline_import.ts'

/** Every query that the modules of misp-modules 3.1 answer with something real without a network. */
export const OFFLINE_MODULES: readonly OfflineCase[] =
  [...OFFLINE_EXPANSION, ...OFFLINE_IMPORT, ...OFFLINE_EXPORT, ...OFFLINE_ACTION]
