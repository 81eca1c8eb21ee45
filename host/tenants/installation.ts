import { LoadError, type Description } from '../../sandboxes/start_runner.ts'
import type { ModuleSource } from '../../sandboxes/contract.ts'
import type { Config } from '../config/config.ts'
import { OPERATOR, TenantEntry } from '../config/tenants.ts'
import type { Host } from '../host.ts'
import { tenantConfig } from './tenant_config.ts'

/**
 * The configuration of a host that has all modules of the installation which any tenant sees, and that nobody asks: what they say of
 * themselves is found out there once, and not by each tenant. undefined: nobody sees any.
 */
export function installationConfig(config: Config): Config | undefined {
  const names = [...new Set(Object.values(config.tenants).flatMap(({ shared }) => shared))]
  if (names.length === 0) return undefined
  const of = tenantConfig(config, OPERATOR, TenantEntry.parse({ concurrency: 1 }))
  return { ...of, roots: config.roots, tenant: { name: OPERATOR, concurrency: 1, shared: { names, roots: undefined } } }
}

/** What the host of the installation knows of a module. undefined: nothing. Throws LoadError. */
export function knownTo({ catalogue }: Host, { name, file }: ModuleSource): Pick<Description, 'introspection' | 'content'> | undefined {
  const { loaded, notLoaded } = catalogue()
  const failed = notLoaded.find(({ source }) => source.file === file)
  if (failed !== undefined) throw new LoadError(failed.failure)
  const module = loaded.get(name)
  return module?.source.file === file ? module : undefined
}
