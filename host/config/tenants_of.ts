import { realpathSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { ConfigError } from './config_error.ts'
import { checkedBy, knownObjectOf, objectOf, type Place } from './file_objects.ts'
import type { Modules } from './limits.ts'
import { modulesOf } from './modules_of.ts'
import { Operator, OPERATOR, TenantEntry, TenantName, Tenants } from './tenants.ts'

/** What a file says of tenants. Throws ConfigError; what may be a key is in no message. */
export function tenantsOf({ file, what }: Place, value: unknown): Tenants {
  const tenants = objectOf({ file, what }, value)
  for (const [name, entry] of Object.entries(tenants)) {
    const place = { file, what: `${what}.${name}` }
    checkedBy(TenantName, place, name, () => false)
    const { modules = {} } = knownObjectOf(place, entry, Object.keys(TenantEntry.shape))
    modulesOf({ file, what: `${place.what}.modules` }, modules)
  }
  const checked = checkedBy(Tenants, { file, what }, tenants, ([, key]) => key === 'keys')
  const absolute = (path: string): string => resolve(dirname(file), path)
  return Object.fromEntries(Object.entries(checked).map(([name, { roots, listen, ...entry }]) => {
    const place = listen?.socket === undefined ? listen : { ...listen, socket: absolute(listen.socket) }
    return [name, { ...entry, roots: roots.map(absolute).map(realPath), ...(place && { listen: place }) }]
  }))
}

/** Where a path leads now. What a tenant may put in its place later is no root that anybody has named. */
function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path === dirname(path) ? path : join(realPath(dirname(path)), basename(path))
  }
}

/** Throws ConfigError. */
export function operatorOf(place: Place, value: unknown): Operator {
  return checkedBy(Operator, place, knownObjectOf(place, value, Object.keys(Operator.shape)), ([key]) => key === 'keys')
}

interface Read {
  readonly modules: Modules
  readonly tenants: Tenants
  readonly operator: Operator
}

/** What is right by itself and wrong together. Throws ConfigError. */
export function rejectMixture(file: string, { modules, tenants, operator }: Read): void {
  const entries = Object.entries(tenants)
  if (entries.length === 0) {
    if (operator.keys.length > 0) throw new ConfigError(`${file}: expected tenants beside operator.keys, found none: without tenants nobody needs a key`)
    return
  }
  if (Object.keys(modules).length > 0) {
    throw new ConfigError(`${file}: expected no modules beside tenants, found ${Object.keys(modules).join(', ')}: `
      + 'what a module gets is given to one tenant, at tenants.<name>.modules')
  }
  rejectSharedKeys(file, [...entries.map(([name, { keys }]) => [name, keys] as const), [OPERATOR, operator.keys]])
  rejectSharedRoots(file, entries.flatMap(([name, { roots }]) => roots.map((root) => ({ name, root }))))
}

/** By a key alone it must be clear whose it is. */
function rejectSharedKeys(file: string, owners: readonly (readonly [name: string, keys: readonly string[]])[]): void {
  const known = new Map<string, string>()
  for (const [name, keys] of owners) {
    for (const key of keys) {
      const other = known.get(key)
      if (other !== undefined) throw new ConfigError(`${file}: expected each key to be there once, found the same one at ${other} and ${name}`)
      known.set(key, name)
    }
  }
}

/** Modules in a root can read what is in it, so that nothing of another tenant's may be. */
function rejectSharedRoots(file: string, roots: readonly { readonly name: string; readonly root: string }[]): void {
  for (const [at, one] of roots.entries()) {
    for (const other of roots.slice(at + 1)) {
      if (one.name === other.name || !(contains(one.root, other.root) || contains(other.root, one.root))) continue
      throw new ConfigError(`${file}: expected the roots of tenants to be apart, found ${one.root} of ${one.name} and ${other.root} of ${other.name}`)
    }
  }
}

function contains(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way === '' || !(way === '..' || way.startsWith(`..${sep}`))
}
