import type { ModuleSettings, ModuleSource, Query } from '../../sandboxes/contract.ts'
import { QueryFailure } from '../../sandboxes/failure.ts'
import type { Runtime } from '../../sandboxes/runtime.ts'
import { LoadError, type Description } from '../../sandboxes/start_runner.ts'
import type { Unit } from '../../sandboxes/unit.ts'
import { makeCatalogue, type Catalogue, type LoadedModule } from './catalogue.ts'
import { ContentStore } from './content_store.ts'
import { DescribeCache, type Described } from './describe_cache.ts'
import { digest } from './digest.ts'
import { discover, type ModuleRoot } from './discover.ts'
import { Registry } from './registry.ts'

/** Everything that decides which modules there are and how they run. */
export interface Offer {
  readonly roots: readonly ModuleRoot[]
  readonly runtimes: readonly Runtime[]
  readonly settings: (module: string) => ModuleSettings
  /** Digest of everything that all modules depend on: interpreter, packages, runner. */
  readonly environment: string
  /** Digest of everything that the runtimes were made from: equal ones share their cells. */
  readonly launching: string
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
  readonly describe: (unit: Unit) => Promise<Description>
  readonly changed: (catalogue: Catalogue) => void
}

/** What is served at the moment. A new offer is described first and then takes over as a whole; running queries keep the old one. */
export class Serving {
  readonly #options: ServingOptions
  #offer: Offer | undefined
  #registry: Registry | undefined
  #units = new WeakMap<LoadedModule, Unit>()
  #empty = makeCatalogue([], [])
  readonly #contents: ContentStore

  constructor(options: ServingOptions) {
    this.#options = options
    this.#contents = new ContentStore(options.contents)
  }

  get catalogue(): Catalogue {
    return this.#registry?.catalogue ?? this.#empty
  }

  /** Settings of a module, loaded or not. Throws before the first offer. */
  settings(module: string): ModuleSettings {
    if (this.#offer === undefined) throw new Error('nothing is served yet')
    return this.#offer.settings(module)
  }

  /** Finds and describes all modules of an offer; settles when it is the one that is served. */
  async replace(offer: Offer): Promise<void> {
    const { cache, parallel, patienceMs, trustFailures, changed } = this.#options
    const registry = new Registry({
      describe: (source) => this.#describe(offer, source),
      cache: new DescribeCache(cache, offer.environment, this.#contents),
      parallel,
      patienceMs,
      trustFailures,
      enabled: (name) => offer.settings(name).enabled,
      changed,
    })
    await registry.fill(discover(offer.roots, offer.runtimes))
    this.#registry?.close()
    this.#offer = offer
    this.#registry = registry
    this.#units = new WeakMap()
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

  /** Whether queries of now would run on this unit. */
  isCurrent(unit: Unit): boolean {
    const module = this.catalogue.loaded.get(unit.source.name)
    return module !== undefined && this.#unit(module).key === unit.key
  }

  #unit(module: LoadedModule): Unit {
    let unit = this.#units.get(module)
    if (unit === undefined) {
      unit = makeUnit(this.#offer as Offer, module.source, module)
      this.#units.set(module, unit)
    }
    return unit
  }

  async #describe(offer: Offer, source: ModuleSource): Promise<Described> {
    try {
      return await this.#options.describe(makeUnit(offer, source, undefined))
    } catch (thrown) {
      if (thrown instanceof LoadError) return { failure: thrown.reason }
      const failure = thrown instanceof QueryFailure ? thrown : new QueryFailure('SANDBOX_UNAVAILABLE', String(thrown))
      return { failure: { error: failure.message }, transient: failure.blame === 'host' }
    }
  }
}

/** A module with everything that its runners need. `module` is undefined while it is being described. */
export function makeUnit({ runtimes, settings, environment }: Offer, source: ModuleSource, module: LoadedModule | undefined): Unit {
  const runtime = runtimes.find(({ name }) => name === source.runtime)
  if (runtime === undefined) throw new Error(`no runtime "${source.runtime}"`)
  const own = settings(source.name)
  return {
    key: digest(source.file, module?.version ?? '', environment, JSON.stringify(own)),
    runtime,
    source,
    introspection: module?.introspection,
    content: module?.content,
    settings: own,
  }
}
