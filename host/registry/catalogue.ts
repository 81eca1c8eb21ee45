import { createHash } from 'node:crypto'
import type { Introspection, LoadFailure, ModuleSource } from '../../sandboxes/contract.ts'

/** A candidate that loads. `version` is a digest of its files: what a query pins and a reload changes. */
export interface LoadedModule {
  readonly source: ModuleSource
  readonly introspection: Introspection
  readonly version: string
  /** See Unit. */
  readonly content: Uint8Array | undefined
}

/** A candidate that does not load, and why. Where an earlier version of the same file did, that one is loaded all the same. */
export interface NotLoaded {
  readonly source: ModuleSource
  readonly failure: LoadFailure
}

/** Everything the host knows of its modules at one moment. Immutable; a reload swaps the whole. */
export interface Catalogue {
  /** Sorted by name in code-point order. */
  readonly loaded: ReadonlyMap<string, LoadedModule>
  readonly notLoaded: readonly NotLoaded[]
  /** Files that claim a name which one with more right to it has. */
  readonly overridden: readonly ModuleSource[]
  /** The body of `GET /modules` and its SHA-1, made once. */
  readonly listing: { readonly body: Buffer; readonly etag: string }
}

export function makeCatalogue(loaded: readonly LoadedModule[], notLoaded: readonly NotLoaded[], overridden: readonly ModuleSource[] = []): Catalogue {
  const sorted = [...loaded].sort((a, b) => compareCodePoints(a.source.name, b.source.name))
  const body = Buffer.from(`[${sorted.map((module) => module.introspection.entry).join(',')}]`)
  return Object.freeze({
    loaded: new Map(sorted.map((module) => [module.source.name, module])),
    notLoaded: [...notLoaded],
    overridden: [...overridden],
    listing: { body, etag: createHash('sha1').update(body).digest('hex') },
  })
}

/** Whether nothing has changed: the same versions, and the same ones that do not load. */
export function sameCatalogue(a: Catalogue, b: Catalogue): boolean {
  return a.loaded.size === b.loaded.size && a.notLoaded.length === b.notLoaded.length
    && a.overridden.length === b.overridden.length && b.overridden.every((source) => a.overridden.includes(source))
    && [...b.loaded.values()].every((module) => a.loaded.get(module.source.name) === module)
    && b.notLoaded.every((each) => a.notLoaded.includes(each))
}

/** Python sorts strings by code point; JavaScript's `<` compares UTF-16 units, which differs above U+FFFF. */
function compareCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
