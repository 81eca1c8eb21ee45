import { z } from 'zod'

/** What the command line, the environment and the help say of a key of the configuration. */
export interface SettingMeta {
  /** One sentence for the help and the manual. */
  readonly what: string
  /** The flag's long name without dashes, where it is not made of section and key. */
  readonly flag?: string
  /** One letter, as upstream has it. */
  readonly short?: string
  /** What stands for the value in the help. */
  readonly value?: string
  /** What holds in the profile strict, where nothing is said. */
  readonly strict?: number
  /** Relative ones are made absolute: against the folder of the file, or the working directory. */
  readonly path?: boolean
}

/** Every environment variable of ours begins so. */
export const VARIABLE_PREFIX = 'MISP_MODULE_HOST_'

const about = z.registry<SettingMeta>()

/** A scalar key (or a list of texts) of a section, with its documentation. */
export function setting<Schema extends z.ZodType>(schema: Schema, meta: SettingMeta): Schema {
  about.add(schema as z.ZodType, meta)
  return schema
}

export type SettingKind = 'text' | 'number' | 'boolean' | 'list'

/** One key of one section, and how it is written in each of the three places. */
export interface Setting extends SettingMeta {
  readonly section: string
  readonly key: string
  readonly kind: SettingKind
  /** Long flag without dashes. */
  readonly flag: string
  /** Environment variable. */
  readonly variable: string
  readonly schema: z.ZodType
  /** undefined: decided when it is needed. */
  readonly default: string | number | boolean | readonly string[] | undefined
  /** The words that are allowed, where only some are. */
  readonly choices: readonly string[] | undefined
}

/** The keys of a section in the order they are declared. Throws where one is not a `setting`. */
export function settingsOf(section: string, schema: z.ZodObject): Setting[] {
  return Object.entries(schema.shape).map(([key, field]) => {
    const meta = about.get(field as z.ZodType)
    if (meta === undefined) throw new Error(`${section}.${key} has no documentation`)
    const flag = meta.flag ?? [section, ...key.split(/(?=[A-Z])/)].map((word) => word.toLowerCase()).join('-')
    const core = unwrapped(field as z.ZodType)
    return {
      ...meta,
      section,
      key,
      kind: kindOf(core),
      flag,
      variable: `${VARIABLE_PREFIX}${flag.replaceAll('-', '_').toUpperCase()}`,
      schema: field as z.ZodType,
      default: (field as z.ZodType).safeParse(undefined).data as Setting['default'],
      choices: core instanceof z.ZodEnum ? core.options.map(String) : undefined,
    }
  })
}

function unwrapped(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault) {
    return unwrapped(schema.unwrap() as z.ZodType)
  }
  return schema
}

function kindOf(schema: z.ZodType): SettingKind {
  if (schema instanceof z.ZodBoolean) return 'boolean'
  if (schema instanceof z.ZodNumber) return 'number'
  if (schema instanceof z.ZodArray) return 'list'
  if (schema instanceof z.ZodString || schema instanceof z.ZodEnum) return 'text'
  throw new Error(`a setting is a text, number, boolean or list of texts, found ${schema.constructor.name}`)
}
