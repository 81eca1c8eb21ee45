import type { ModuleSettings, ModuleSource, Query, SettingsOf } from '../../sandboxes/contract.ts'
import { QueryFailure } from '../../sandboxes/failure.ts'
import type { Runtime } from '../../sandboxes/runtime.ts'
import { LoadError, type Description } from '../../sandboxes/start_runner.ts'
import type { Unit } from '../../sandboxes/unit.ts'
import { makeCatalogue, type Catalogue, type LoadedModule, type NotLoaded } from './catalogue.ts'
import { ContentStore } from './content_store.ts'
import { DescribeCache, type Described } from './describe_cache.ts'
import { digest } from './digest.ts'
import { discover, type ModuleRoot } from './discover.ts'
import { atMost } from './lanes.ts'
import { Registry, type RegistryOptions } from './registry.ts'
import { settingsOfVersion } from './warmth.ts'

/** Everything that decides which modules there are and how they run. */
export interface Offer {
  readonly roots: readonly ModuleRoot[]
  readonly runtimes: readonly Runtime[]
  readonly settings: SettingsOf
  /** Digest of everything that all modules depend on: interpreter, packages, runner. */
  readonly environment: string
  /** Digest of everything that the runtimes were made from, the environment included: equal ones share their cells. */
  readonly launching: string
}

/** What holds at once, before anything is described. */
export interface Terms extends Pick<Offer, 'settings'> {
  /** Whether a module may be served at all, be it enabled or not. */
  readonly offers: (source: ModuleSource) => boolean
}

export interface ServingOptions {
  /** File of the describe cache. */
  readonly cache: string
  /** Folder of the content store. */
  readonly contents: string
  readonly parallel: number
  readonly patienceMs: number
  /** See RegistryOptions. */
  readonly trustFailures: boolean
  /** Starts a throw-away runner and asks it. Rejects with LoadError or another QueryFailure. */
  readonly describe: (unit: Unit, urgent: boolean, signal: AbortSignal) => Promise<Pick<Description, 'introspection' | 'content'>>
  /** Told of every swap of the catalogue, when it is done. */
  readonly changed: (before: Catalogue, now: Catalogue) => void
}

/** What is served at the moment. A new offer is described first and then takes over as a whole; running queries keep the old one. */
export class Serving {
  readonly #options: ServingOptions
  #offer: Offer | undefined
  #registry: Registry | undefined
  /** undefined: nothing was offered yet. */
  #terms: Terms | undefined
  /** What the registry knows. */
  #found = makeCatalogue([], [])
  /** What of it may be served. */
  #catalogue = this.#found
  #disabled = new Map<string, NotLoaded>()
  #units = new WeakMap<LoadedModule, Unit>()
  readonly #contents: ContentStore
  /** What has changed while a new offer is described, which may have been read before. */
  #missed: (ReadonlySet<string> | undefined)[] | undefined

  constructor(options: ServingOptions) {
    this.#options = options
    this.#contents = new ContentStore(options.contents)
  }

  get catalogue(): Catalogue {
    return this.#catalogue
  }

  /** Settings of a module, loaded or not. Throws before the first offer. */
  settings(module: string): ModuleSettings {
    const { loaded, notLoaded } = this.#found
    return this.settingsOf({ name: module, own: (loaded.get(module) ?? notLoaded.find(({ source }) => source.name === module))?.source.own ?? false })
  }

  /** The same of one that is known. */
  settingsOf({ name, own }: Pick<ModuleSource, 'name' | 'own'>): ModuleSettings {
    if (this.#terms === undefined) throw new Error('nothing is served yet')
    return this.#terms.settings(name, own)
  }

  /** Whether this module may be served. */
  permits(source: ModuleSource): boolean {
    return this.settingsOf(source).enabled && (this.#terms?.offers(source) ?? true)
  }

  /** Other settings, for what is served and for whatever is served from now on. */
  hold(terms: Terms): void {
    this.#terms = terms
    this.#units = new WeakMap()
    this.#swap(this.#found)
  }

  /** Finds and describes all modules of an offer; settles when it is the one that is served. One at a time. See `hold` for its settings. */
  async replace(offer: Offer): Promise<void> {
    this.#terms ??= { settings: offer.settings, offers: () => true }
    const before = this.#registry
    // A version that ran in another environment may not run in this one.
    const keeps = this.#offer?.environment === offer.environment
    const registry = this.#makeRegistry(offer, keeps ? (file) => before?.candidate(file) : undefined)
    const missed: (ReadonlySet<string> | undefined)[] = this.#missed = []
    try {
      await registry.fill(discover(offer.roots, offer.runtimes))
      // Who saves without end does not keep what was offered from being served: what is still to be described then comes when it is.
      const until = performance.now() + this.#options.patienceMs
      for (let left; missed.length > 0 && (left = until - performance.now()) > 0;) {
        await atMost(left, registry.update(discover(offer.roots, offer.runtimes), together(missed.splice(0))))
      }
    } finally {
      this.#missed = undefined
    }
    before?.close(true)
    this.#offer = offer
    this.#registry = registry
    this.#units = new WeakMap()
    this.#swap(registry.catalogue)
    if (missed.length > 0) void registry.update(discover(offer.roots, offer.runtimes), together(missed))
  }

  /** Looks again at what has changed (undefined: it could be anything). Settles when what loads of it is served. */
  async look(changed: ReadonlySet<string> | undefined): Promise<void> {
    this.#missed?.push(changed)
    if (this.#offer === undefined) return
    await this.#registry?.update(discover(this.#offer.roots, this.#offer.runtimes), changed)
  }

  /** Nothing changes any more. */
  close(): void {
    this.#registry?.close(false)
  }

  #makeRegistry(offer: Offer, before: RegistryOptions['before']): Registry {
    const { cache, parallel, patienceMs, trustFailures } = this.#options
    const registry = new Registry({
      describe: (source, urgent, signal) => this.#describe(offer, source, { urgent, signal }),
      cache: new DescribeCache(cache, offer.environment, { store: this.#contents, remake: (source) => runtimeOf(offer, source).contentOf }),
      parallel,
      patienceMs,
      trustFailures,
      enabled: (name) => this.settings(name).enabled,
      before,
      changed: (catalogue) => {
        if (registry === this.#registry) this.#swap(catalogue)
      },
    })
    return registry
  }

  #swap(found: Catalogue): void {
    const before = this.#catalogue
    this.#found = found
    this.#catalogue = this.#permitted(found)
    this.#options.changed(before, this.#catalogue)
  }

  /** Without what is off or not offered any more, of which the registry may not know yet. */
  #permitted(found: Catalogue): Catalogue {
    const loaded = [...found.loaded.values()]
    const all = [...loaded, ...found.notLoaded].filter(({ source }) => this.#terms?.offers(source) ?? true)
    const off = new Map<string, NotLoaded>()
    for (const { source } of all) {
      // The same object each time, so that it is told once.
      if (!this.settingsOf(source).enabled) off.set(source.file, this.#disabled.get(source.file) ?? { source, failure: { error: 'disabled in the configuration' } })
    }
    this.#disabled = off
    const isPermitted = ({ source }: NotLoaded | LoadedModule): boolean => this.permits(source)
    if (off.size === 0 && loaded.every(isPermitted) && found.notLoaded.every(isPermitted)) return found
    const { overridden } = found
    return makeCatalogue(loaded.filter(isPermitted), [...off.values(), ...found.notLoaded.filter(isPermitted)], overridden.filter((source) => this.permits(source)))
  }

  /** The module version that a query is about. Throws QueryFailure UNKNOWN_MODULE or NOT_LOADED. */
  unitOf(query: Query): Unit {
    const { loaded, notLoaded } = this.catalogue
    const module = loaded.get(query.module)
    if (module !== undefined) return this.#unit(module)
    const broken = notLoaded.find(({ source }) => source.name === query.module)
    if (broken !== undefined) throw new QueryFailure('NOT_LOADED', `the module "${query.module}" is not loaded: ${broken.failure.error}`)
    throw new QueryFailure('UNKNOWN_MODULE', `there is no module "${query.module.slice(0, 100)}"; ${loaded.size} are loaded`)
  }

  /** What queries of now about this module would run on. */
  current(name: string): Unit | undefined {
    const module = this.catalogue.loaded.get(name)
    return module && this.#unit(module)
  }

  #unit(module: LoadedModule): Unit {
    let unit = this.#units.get(module)
    if (unit === undefined) {
      unit = makeUnit(this.#held(this.#offer as Offer), module.source, module)
      this.#units.set(module, unit)
    }
    return unit
  }

  #held(offer: Offer): Offer {
    return { ...offer, settings: (name, own) => this.settingsOf({ name, ...(own && { own }) }) }
  }

  async #describe(offer: Offer, source: ModuleSource, { urgent, signal }: { urgent: boolean; signal: AbortSignal }): Promise<Described> {
    try {
      return await this.#options.describe(makeUnit(this.#held(offer), source, undefined), urgent, signal)
    } catch (thrown) {
      if (thrown instanceof LoadError) return { failure: thrown.reason }
      const failure = thrown instanceof QueryFailure ? thrown : new QueryFailure('SANDBOX_UNAVAILABLE', String(thrown))
      return { failure: { error: failure.message }, transient: failure.blame === 'host' }
    }
  }
}

/** A module with everything that its runners need. `module` is undefined while it is being described. */
export function makeUnit(offer: Offer, source: ModuleSource, module: LoadedModule | undefined): Unit {
  const granted = offer.settings(source.name, source.own)
  const own = module === undefined ? granted : settingsOfVersion(granted, module.introspection)
  return {
    key: digest(source.file, module?.version ?? '', offer.launching, JSON.stringify(own)),
    runtime: runtimeOf(offer, source),
    source,
    introspection: module?.introspection,
    content: module?.content,
    settings: own,
  }
}

/** One change of all; undefined: it could be any file. */
function together(changes: readonly (ReadonlySet<string> | undefined)[]): ReadonlySet<string> | undefined {
  const paths = changes.filter((each) => each !== undefined)
  return paths.length < changes.length ? undefined : new Set(paths.flatMap((each) => [...each]))
}

function runtimeOf({ runtimes }: Offer, source: ModuleSource): Runtime {
  const runtime = runtimes.find(({ name }) => name === source.runtime)
  if (runtime === undefined) throw new Error(`no runtime "${source.runtime}"`)
  return runtime
}
