import { resolve } from 'node:path'
import type { z } from 'zod'
import { type Config, SETTINGS } from './config.ts'
import { ConfigError, unknownName } from './config_error.ts'
import { readConfigFile } from './config_file.ts'
import { environmentProxy, noProxy } from './egress.ts'
import { readSecrets, rejectUnknownSecrets } from './secrets.ts'
import { type Setting, VARIABLE_PREFIX } from './setting.ts'

export interface Sources {
  /** Values by flag, as the command line has them: texts, lists of texts, booleans. Absent: not given. */
  readonly flags: Readonly<Record<string, unknown>>
  readonly environment: Readonly<Record<string, string | undefined>>
  /** `--config FILE`. */
  readonly file?: string | undefined
  /** The profile that modules run in already, whatever is said of it: what else is not said is as it has it. */
  readonly running?: Config['host']['profile'] | undefined
}

/** Reads a configuration, again at SIGHUP: then for the profile that modules run in. Throws ConfigError. */
export type Load = (running?: Sources['running']) => Config

/** The one variable that stands for no key: where the file is. */
const FILE_VARIABLE = `${VARIABLE_PREFIX}CONFIG`

interface Found {
  readonly value: unknown
  /** For messages: the flag, variable or key. */
  readonly where: string
  readonly folder: string
}

/** One configuration out of flags, environment and file, in this order of rank. Throws ConfigError. */
export function loadConfig({ flags, environment, file, running }: Sources): Config {
  rejectUnknownVariables(environment)
  const path = file ?? environment[FILE_VARIABLE]
  const read = path === undefined ? undefined : readConfigFile(path)
  const secrets = readSecrets(read?.secrets ?? {}, read?.folder ?? '', environment)
  rejectUnknownSecrets('modules', read?.modules ?? {}, secrets)
  for (const [name, { modules }] of Object.entries(read?.tenants ?? {})) rejectUnknownSecrets(`tenants.${name}.modules`, modules, secrets)
  const config: Record<string, unknown> = {
    secrets,
    modules: deepFrozen(read?.modules ?? {}),
    tenants: read?.tenants ?? {},
    operator: read?.operator ?? { keys: [] },
    surroundings: { proxy: environmentProxy(environment), noProxy: noProxy(environment) },
  }
  const valueOf = (setting: Setting, byProfile?: Found): unknown => {
    const { section, key, flag, variable } = setting
    return checked(setting,
      fromFlag(setting, flags[flag]) ??
      fromVariable(setting, environment[variable]) ??
      (read === undefined ? undefined : fromFile(read.values[section]?.[key], `${read.path}: ${section}.${key}`, read.folder)) ??
      implied(setting, Object.keys(read?.tenants ?? {})) ??
      byProfile)
  }
  const isStrict = running === undefined ? SETTINGS.some((setting) => setting.flag === 'profile' && valueOf(setting) === 'strict') : running === 'strict'
  for (const setting of SETTINGS) {
    const { section, key, strict } = setting
    const values = (config[section] ??= {}) as Record<string, unknown>
    const value = valueOf(setting, isStrict && strict !== undefined ? { value: strict, where: '', folder: '' } : undefined)
    if (value !== undefined) values[key] = value
  }
  return deepFrozen(config) as unknown as Config
}

function fromFlag(setting: Setting, value: unknown): Found | undefined {
  return value === undefined ? undefined : { value: read(setting, value), where: `--${setting.flag}`, folder: '' }
}

function fromVariable(setting: Setting, text: string | undefined): Found | undefined {
  if (text === undefined) return undefined
  const value = setting.kind === 'list' ? text.split(':').filter(Boolean) : text
  return { value: read(setting, value), where: setting.variable, folder: '' }
}

function fromFile(value: unknown, where: string, folder: string): Found | undefined {
  return value === undefined ? undefined : { value, where, folder }
}

/** As soon as there is a second tenant modules are strangers to each other. */
function implied({ flag }: Setting, tenants: readonly string[]): Found | undefined {
  return flag === 'profile' && tenants.length > 1 ? { value: 'strict', where: '', folder: '' } : undefined
}

/** Texts of numbers and booleans as what they stand for; anything else as it is, for the schema to refuse. */
function read({ kind }: Setting, value: unknown): unknown {
  if (typeof value !== 'string') return value
  if (kind === 'number') return /^\s*[+-]?(\d+\.?\d*|\.\d+)\s*$/.test(value) ? Number(value) : value
  if (kind === 'boolean') return /^(1|true|yes|on)$/i.test(value) ? true : /^(0|false|no|off)$/i.test(value) ? false : value
  return value
}

function checked(setting: Setting, found: Found | undefined): unknown {
  const parsed = setting.schema.safeParse(found?.value)
  if (parsed.success) return setting.path ? absolute(parsed.data, found?.folder ?? '') : parsed.data
  const complaint = parsed.error.issues.map((issue: z.core.$ZodIssue) => issue.message).join('; ')
  throw new ConfigError(`${found?.where}: ${complaint}, found ${JSON.stringify(found?.value)} (${setting.what})`)
}

function absolute(value: unknown, folder: string): unknown {
  if (Array.isArray(value)) return value.map((each) => absolute(each, folder))
  return typeof value === 'string' && value !== '' ? resolve(folder, value) : value
}

function rejectUnknownVariables(environment: Sources['environment']): void {
  const known = [...SETTINGS.map(({ variable }) => variable), FILE_VARIABLE]
  for (const name of Object.keys(environment)) {
    if (name.startsWith(VARIABLE_PREFIX) && !known.includes(name)) throw unknownName('the environment', name, known)
  }
}

function deepFrozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) {
    for (const each of Object.values(value)) deepFrozen(each)
    Object.freeze(value)
  }
  return value
}
