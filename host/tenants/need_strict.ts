import type { ProfileName } from '../../sandboxes/launch/policy.ts'
import type { Config } from '../config/config.ts'
import { ConfigError } from '../config/config_error.ts'

/**
 * The one place that says who may be served together: two tenants only where their modules cannot reach each other. Throws ConfigError.
 */
export function needStrict({ tenants }: Pick<Config, 'tenants'>, profile: ProfileName): void {
  const names = Object.keys(tenants)
  if (names.length < 2 || profile === 'strict') return
  throw new ConfigError(`expected the profile strict for ${names.length} tenants (${names.join(', ')}), found ${profile}: `
    + 'under it modules can reach those of another tenant, so that at most one is served')
}
