import type { Config, TenantPart } from '../config/config.ts'
import type { TenantEntry } from '../config/tenants.ts'

/**
 * The configuration that the host of one tenant is made of: its own roots and limits, what it was given of the operator's modules, and
 * nothing of what is said of other tenants' modules.
 */
export function tenantConfig(config: Config, name: string, entry: TenantEntry): Config {
  const { roots, shared, modules, limits, queue, concurrency } = entry
  const tenant: TenantPart = { name, concurrency, shared: { names: shared, roots: config.roots } }
  return {
    ...config,
    roots: { ...config.roots, custom: '', modules: roots },
    modules,
    limits: { ...config.limits, ...given(limits) },
    queue: { ...config.queue, ...given(queue) },
    tenants: {},
    operator: { keys: [] },
    tenant,
  }
}

/** Without what is absent, which would hide what it stands over. */
function given<Values extends object>(values: Values): { [Key in keyof Values]: Exclude<Values[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as ReturnType<typeof given<Values>>
}
