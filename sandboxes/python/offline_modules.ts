import { readFileSync } from 'node:fs'
import { z } from 'zod'

const Facts = z.object({
  /** How it was found out. */
  found: z.string(),
  /** The misp-modules that was looked at. */
  version: z.string(),
  /** Name to what limits it; nothing: no limit. */
  modules: z.record(z.string(), z.string()),
})
/** Which modules of misp-modules do useful work with no network. */
export type OfflineModules = z.infer<typeof Facts>

export function readOfflineModules(): OfflineModules {
  return Facts.parse(JSON.parse(readFileSync(new URL('offline_modules.json', import.meta.url), 'utf8')))
}
