import { checkedBy, knownObjectOf, objectOf, type Place } from './file_objects.ts'
import { ModuleEntry, Modules } from './limits.ts'

/** What a file says of single modules. Throws ConfigError. */
export function modulesOf({ file, what }: Place, value: unknown): Modules {
  const modules = objectOf({ file, what }, value)
  for (const [name, entry] of Object.entries(modules)) knownObjectOf({ file, what: `${what}.${name}` }, entry, Object.keys(ModuleEntry.shape))
  return checkedBy(Modules, { file, what }, modules, ([, key]) => key === 'env')
}
