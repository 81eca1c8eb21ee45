import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { z } from 'zod'
import { SECTION_NAMES, SETTINGS } from './config.ts'
import { ConfigError, unknownName } from './config_error.ts'
import { ModuleEntry, Modules } from './limits.ts'

/** What a file says: values by section and key, not yet checked, and the entries of modules. */
export interface ConfigFile {
  readonly path: string
  /** Relative paths in it are meant from here. */
  readonly folder: string
  readonly values: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly modules: Modules
}

/** Reads `--config FILE`. Throws ConfigError: no file, not JSON, an unknown key, a module's entry that is wrong. */
export function readConfigFile(path: string): ConfigFile {
  const file = resolve(path)
  const { modules = {}, ...sections } = objectOf(file, 'the whole', parse(file))
  const values = Object.entries(sections).map(([section, value]) => {
    const keys = SETTINGS.filter((setting) => setting.section === section).map(({ key }) => key)
    if (keys.length === 0) throw unknownName(file, section, [...SECTION_NAMES, 'modules'])
    const entries = objectOf(file, section, value)
    for (const key of Object.keys(entries)) if (!keys.includes(key)) throw unknownName(`${file}: ${section}`, key, keys)
    return [section, entries] as const
  })
  return { path: file, folder: dirname(file), values: Object.fromEntries(values), modules: modulesOf(file, modules) }
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

function objectOf(file: string, what: string, value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new ConfigError(`${file}: expected ${what} to be an object, found ${JSON.stringify(value)}`)
}

function modulesOf(file: string, value: unknown): Modules {
  const modules = objectOf(file, 'modules', value)
  for (const [name, entry] of Object.entries(modules)) {
    const known = Object.keys(ModuleEntry.shape)
    for (const key of Object.keys(objectOf(file, `modules.${name}`, entry))) {
      if (!known.includes(key)) throw unknownName(`${file}: modules.${name}`, key, known)
    }
  }
  const parsed = Modules.safeParse(modules)
  if (parsed.success) return parsed.data
  throw new ConfigError(`${file}: ${parsed.error.issues.map((issue) => describe(issue, modules)).join('; ')}`)
}

function describe({ path, message }: z.core.$ZodIssue, modules: unknown): string {
  const found = path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], modules)
  return `modules.${path.join('.')}: ${message}, found ${JSON.stringify(found)}`
}
