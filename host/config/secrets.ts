import { readFileSync } from 'node:fs'
import { validateHeaderValue } from 'node:http'
import { resolve } from 'node:path'
import { z } from 'zod'
import { ConfigError, unknownName } from './config_error.ts'
import type { Modules } from './limits.ts'

/** Where a secret is kept: in a file, or in a variable of the host's own environment. Only in the file. */
const Secret = z.union([z.strictObject({ file: z.string().min(1) }), z.strictObject({ env: z.string().min(1) })], {
  error: 'expected {"file": "..."} or {"env": "..."}: where the secret is, not the secret',
})

export const SecretPlaces = z.record(z.string().regex(/^[\w.-]{1,64}$/, { error: 'expected the name of a secret: up to 64 of A-Z, a-z, 0-9, _, . and -' }), Secret)
export type SecretPlaces = z.infer<typeof SecretPlaces>

/** The secrets by their names. A line end after one is not part of it. Throws ConfigError, which says where and never what. */
export function readSecrets(places: SecretPlaces, folder: string, environment: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(places).map(([name, place]) => [name, checked(name, 'file' in place ? fromFile(name, resolve(folder, place.file)) : fromVariable(name, environment[place.env], place.env))]))
}

/** Throws ConfigError where a module has a header with a secret that is not there. */
export function rejectUnknownSecrets(where: string, modules: Modules, secrets: Readonly<Record<string, string>>): void {
  for (const [module, { headers = [] }] of Object.entries(modules)) {
    for (const { secret } of headers) if (!Object.hasOwn(secrets, secret)) throw unknownName(`${where}.${module}.headers`, secret, Object.keys(secrets))
  }
}

function fromFile(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    throw new ConfigError(`secrets.${name}: expected a readable file, found ${(error as Error).message}`)
  }
}

function fromVariable(name: string, value: string | undefined, variable: string): string {
  if (value !== undefined) return value
  throw new ConfigError(`secrets.${name}: expected the variable ${variable} in the environment of the host, found none`)
}

/** It is to stand in a header. */
function checked(name: string, value: string): string {
  try {
    validateHeaderValue('x', value)
  } catch {
    throw new ConfigError(`secrets.${name}: expected a text that can stand in a header, found other characters`)
  }
  if (value === '') throw new ConfigError(`secrets.${name}: expected a text, found an empty one`)
  return value
}
