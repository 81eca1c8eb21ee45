import { create, freeze, isArray, ownKeys, stringify, TypeErrorOf } from './primordials.ts'

/** A module as its author wrote it: a default export, or upstream's three functions as exports. */
export interface GuestModule {
  introspection(): object
  version(): object
  handler(query: unknown, context: object): unknown
}

/** The module among what a bundle exports. Throws TypeError, which says what is missing. */
export function adopt(namespace: Record<string, unknown>): GuestModule {
  const fallback = namespace['default']
  const found = (fallback !== null && typeof fallback === 'object' ? fallback : namespace) as Record<string, unknown>
  for (const name of ['introspection', 'version', 'handler']) {
    if (typeof found[name] === 'function') continue
    const exported = ownKeys(namespace).filter((key) => typeof key === 'string').join(', ')
    throw new TypeErrorOf(`expected a default export with introspection, version and handler, or these three as exports; "${name}" is missing, found: ${exported || 'no exports'}`)
  }
  return found as unknown as GuestModule
}

/**
 * JSON of the module's entry in `GET /modules`. Clients index `meta.author`, `.description` and `.module-type` without a default, so
 * these are always there. Throws what the module's functions throw.
 */
export function describe(module: GuestModule, name: string, type: string): string {
  const mispattributes = plain('introspection', module.introspection())
  const meta: Record<string, unknown> = create(null)
  meta['author'] = ''
  meta['description'] = ''
  meta['module-type'] = [WORDS[type]]
  const version = plain('version', module.version())
  for (const key of ownKeys(version)) if (typeof key === 'string') meta[key] = (version as Record<string, unknown>)[key]
  // By pieces: `toJSON`, which the module may have put on every object, has no say in the name.
  return `{"name":${stringify(name)},"type":${stringify(type)},"mispattributes":${written('introspection', mispattributes)},"meta":${written('version', meta)}}`
}

const WORDS: Readonly<Record<string, string>> = freeze({ expansion: 'expansion', import_mod: 'import', export_mod: 'export', action_mod: 'action' })

function written(what: string, value: object): string {
  const text = stringify(value) as string | undefined
  if (text !== undefined && text[0] === '{') return text
  throw new TypeErrorOf(`expected ${what}() to return an object, found what its toJSON makes of it`)
}

function plain(what: string, value: unknown): object {
  if (value !== null && typeof value === 'object' && !isArray(value) && typeof (value as { then?: unknown }).then !== 'function') return value
  throw new TypeErrorOf(`expected ${what}() to return an object, found ${value === null ? 'null' : isArray(value) ? 'an array' : typeof value === 'object' ? 'a promise' : typeof value}`)
}
