import type { Measure } from './measure.ts'
import { firstQueries } from './measures/first_queries.ts'
import { hostile } from './measures/hostile.ts'
import { largeBody } from './measures/large_body.ts'
import { memory, memoryIdle } from './measures/memory.ts'
import { parallel } from './measures/parallel.ts'
import { realModules } from './measures/real_modules.ts'
import { reload } from './measures/reload.ts'
import { soak } from './measures/soak.ts'
import { start } from './measures/start.ts'
import { strict } from './measures/strict.ts'
import { strictEgress } from './measures/strict_egress.ts'
import { strictTenants } from './measures/strict_tenants.ts'
import { trivial } from './measures/trivial.ts'
import { typescript, typescriptCold } from './measures/typescript.ts'

/** In the order of the table. */
export const MEASURES: readonly Measure[] =
  [trivial, realModules, parallel, start, firstQueries, memory, memoryIdle, hostile, largeBody, soak, typescript, typescriptCold, reload, strict,
    strictEgress, strictTenants]
