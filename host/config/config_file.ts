import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { SECTION_NAMES, SETTINGS } from './config.ts'
import { ConfigError, unknownName } from './config_error.ts'
import { checkedBy, knownObjectOf, objectOf } from './file_objects.ts'
import type { Modules } from './limits.ts'
import { modulesOf } from './modules_of.ts'
import { SecretPlaces } from './secrets.ts'
import type { Operator, Tenants } from './tenants.ts'
import { operatorOf, rejectMixture, tenantsOf } from './tenants_of.ts'

/** What a file says: values by section and key, not yet checked, and what only a file can say. */
export interface ConfigFile {
  readonly path: string
  /** Relative paths in it are meant from here. */
  readonly folder: string
  readonly values: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly modules: Modules
  readonly tenants: Tenants
  readonly operator: Operator
  readonly secrets: SecretPlaces
}

/** Reads `--config FILE`. Throws ConfigError: no file, not JSON, an unknown key, an entry of a module or tenant that is wrong. */
export function readConfigFile(path: string): ConfigFile {
  const file = resolve(path)
  const folder = dirname(file)
  const { modules = {}, tenants = {}, operator = {}, secrets = {}, ...sections } = objectOf({ file, what: 'the whole' }, parse(file))
  const values = Object.entries(sections).map(([section, value]) => {
    const keys = SETTINGS.filter((setting) => setting.section === section).map(({ key }) => key)
    if (keys.length === 0) throw unknownName(file, section, [...SECTION_NAMES, 'modules', 'tenants', 'operator', 'secrets'])
    return [section, knownObjectOf({ file, what: section }, value, keys)] as const
  })
  const read = {
    modules: modulesOf({ file, what: 'modules' }, modules),
    tenants: tenantsOf({ file, what: 'tenants' }, tenants),
    secrets: checkedBy(SecretPlaces, { file, what: 'secrets' }, objectOf({ file, what: 'secrets' }, secrets), () => true),
    operator: operatorOf({ file, what: 'operator' }, operator),
  }
  rejectMixture(file, read)
  return { path: file, folder, values: Object.fromEntries(values), ...read }
}

function parse(file: string): unknown {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigError(`expected a readable configuration file, found ${(error as Error).message}`)
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ConfigError(`${file}: expected JSON, found ${(error as Error).message}`)
  }
}
