import { readFileSync } from 'node:fs'
import { z } from 'zod'

const Tables = z.object({
  /** Import name to distribution, where they differ by more than case and dashes. */
  distributions: z.record(z.string(), z.string()),
  /** What to ask of pip for a distribution whose newest version will not do. */
  versions: z.record(z.string(), z.string()),
  /** Debian packages that building a distribution needs. */
  buildNeeds: z.record(z.string(), z.array(z.string())),
  /** Shared library, without its version, to Debian package. */
  libraries: z.record(z.string(), z.string()),
  /** What libraries say instead of naming what they miss. */
  texts: z.array(z.object({ text: z.string(), what: z.string(), packages: z.array(z.string()) })),
  /** Everything outside Python that upstream's modules use: to load, to be built, or in a query only. */
  system: z.array(z.object({ package: z.string(), for: z.enum(['load', 'build', 'query']), modules: z.array(z.string()) })),
})
export type PackageTables = z.infer<typeof Tables>

/** Found by taking the packages away and importing all modules of misp-modules 3.1.0. */
export function readPackageTables(): PackageTables {
  return Tables.parse(JSON.parse(readFileSync(new URL('packages.json', import.meta.url), 'utf8')))
}
