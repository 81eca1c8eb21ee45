import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { BodyScan } from '../http/compat/scan.ts'
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
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    throw new ConfigError(`expected a readable configuration file, found ${(error as Error).message}`)
  }
  try {
    // Some editors begin a file with the mark of its encoding.
    return JSON.parse(bytes.toString().replace(/^\uFEFF/, ''))
  } catch {
    throw new ConfigError(`${file}: expected JSON, found ${fault(bytes)}`)
  }
}

/** Where it is and of what kind: what stands there may be a password, and is in no message. */
function fault(bytes: Buffer): string {
  const mark = bytes.subarray(0, BOM.length).equals(BOM) ? BOM.length : 0
  const scan = new BodyScan()
  scan.push(bytes.subarray(mark))
  const scanned = scan.end()
  if (scanned.valid) return 'another notation'
  const before = bytes.toString('utf8', mark, mark + scanned.offset)
  const lines = before.split('\n')
  const reason = scanned.reason.replace(/, found .*$/s, '').replace(/^(the|an empty) body/, '$1 file')
  return `a fault in line ${lines.length}, column ${lines.at(-1)!.length + 1}: ${reason}`
}

const BOM = Buffer.from('\uFEFF')
