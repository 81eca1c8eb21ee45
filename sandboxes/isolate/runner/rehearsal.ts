import type { Code } from './cage.ts'
import type { IsolateLimits } from './messages.ts'
import { LoadedModule } from './module.ts'

const MODULE = 'var __module = { introspection: () => ({}), version: () => ({}), handler: () => ({}) }'
const MAP = { version: 3, sources: ['module.ts'], names: [], mappings: '' }

/**
 * Becomes a module that does nothing, and asks it once: the first time takes several times as long as the second, because V8 has compiled
 * nothing and no thread has been started. This first time nobody waits for.
 */
export async function rehearse(guest: Code, limits: IsolateLimits): Promise<void> {
  const content = Buffer.from(JSON.stringify({ code: MODULE, map: MAP }))
  const settings = { memory_mb: limits.heap_mb, descriptors: 0, file_mb: 0, debug_http: false, scratch: '', env: {}, isolate: { ...limits, fresh: false } }
  const message = { type: 'load', id: '', name: 'module', module_type: 'expansion', file: '', root: '', describe: true, ...settings } as const
  const { module } = await LoadedModule.load(message, content, { guest, ahead: undefined }, () => {})
  await module.ask({ query: '', body: '{}', ms: LONGEST_MS, log: () => {} })
  module.dispose()
}

const LONGEST_MS = 10_000
