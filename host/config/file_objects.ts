import type { z } from 'zod'
import { ConfigError, unknownName } from './config_error.ts'

/** Where something stands in the configuration file, for messages. */
export interface Place {
  readonly file: string
  /** Keys with dots between them. */
  readonly what: string
}

/** Throws ConfigError. */
export function objectOf({ file, what }: Place, value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new ConfigError(`${file}: expected ${what} to be an object, found ${kindOf(value)}`)
}

/** What is in it may be a password. */
function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'a list' : value === null ? 'null' : `a ${typeof value}`
}

/** An object with no other keys than those that are known. Throws ConfigError, which names the nearest. */
export function knownObjectOf(place: Place, value: unknown, known: readonly string[]): Record<string, unknown> {
  const object = objectOf(place, value)
  for (const key of Object.keys(object)) if (!known.includes(key)) throw unknownName(`${place.file}: ${place.what}`, key, known)
  return object
}

/** What a schema makes of a value. Throws ConfigError; what was found in a place that is secret is not shown. */
export function checkedBy<Schema extends z.ZodType>(schema: Schema, { file, what }: Place, value: unknown, isSecret: IsSecret): z.output<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const complaints = parsed.error.issues.map(({ path, message }) => {
    const found = path.reduce<unknown>((each, key) => (each as Record<PropertyKey, unknown> | undefined)?.[key], value)
    return `${[what, ...path].join('.')}: ${message}, found ${isSecret(path) ? 'what is not shown here' : JSON.stringify(found)}`
  })
  throw new ConfigError(`${file}: ${complaints.join('; ')}`)
}

/** Whether what stands there may be a key or a password, which belongs into no message. `path`: below the place that is checked. */
export type IsSecret = (path: readonly PropertyKey[]) => boolean
