import type { LoadedModule } from '../registry/catalogue.ts'
import type { OfflineModules } from '../../sandboxes/python/offline_modules.ts'

/** What a module does without. `undefined`: nobody knows. */
export interface WorksWithout {
  /** Whether none of its settings looks like a credential, or it gave a result without one. */
  readonly key: boolean
  readonly network: boolean | undefined
  /** What limits it then; empty: nothing. */
  readonly limit: string
  /** Names of the settings it takes. */
  readonly settings: readonly string[]
}

/**
 * Settings are what the module says itself; whether one is required it does not say. The network is known of the modules of
 * one misp-modules, by having tried.
 */
export function worksWithout({ source, introspection }: LoadedModule, version: string | undefined, facts: OfflineModules): WorksWithout {
  const settings = settingNames(introspection.entry)
  const limit = source.builtin ? facts.modules[source.name] : undefined
  if (limit !== undefined) return { key: true, network: true, limit, settings }
  const network = source.builtin && version === facts.version ? false : undefined
  return { key: !settings.some(isCredential), network, limit: '', settings }
}

/** `meta.config` is a list of names, or for actions an object with `params`. */
function settingNames(entry: string): string[] {
  const { meta } = JSON.parse(entry) as { meta?: { config?: unknown } }
  const config = meta?.config
  if (Array.isArray(config)) return config.map(String)
  const { params } = Object(config) as { params?: unknown }
  return Object.keys(Object(params) as object)
}

/** Whether the name of a setting sounds like something secret. */
export function isCredential(setting: string): boolean {
  return !setting.startsWith('proxy_') && /(key|token|secret|pass|password|username|login|license|(^|_)user|(client|api|user)_?id)$/i.test(setting)
}
