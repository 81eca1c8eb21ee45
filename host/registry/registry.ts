import type { LoadFailure, ModuleFile, ModuleSource } from '../../sandboxes/contract.ts'
import { makeCatalogue, type Catalogue, type LoadedModule, type NotLoaded } from './catalogue.ts'
import type { DescribeCache, Described } from './describe_cache.ts'
import { digest } from './digest.ts'
import type { Candidates, Discovery } from './discover.ts'

export interface RegistryOptions {
  /** Asks a module about itself; takes as long as it takes, and never rejects. */
  readonly describe: (source: ModuleSource) => Promise<Described>
  readonly cache: DescribeCache
  /** How many modules are described at once. */
  readonly parallel: number
  /** A module that is still being described after this time does not hold up the others; it appears when it is done. */
  readonly patienceMs: number
  /** Whether `fill` takes remembered failures as they are and asks again later, or asks again at once. */
  readonly trustFailures: boolean
  readonly enabled: (name: string) => boolean
  /** Told of modules that came or went after `fill` has settled. */
  readonly changed: (catalogue: Catalogue) => void
}

/** The host's modules: turns what discovery found into a catalogue, and swaps the catalogue as a whole. */
export class Registry {
  readonly #options: RegistryOptions
  readonly #loaded = new Map<string, LoadedModule>()
  readonly #notLoaded = new Map<string, NotLoaded>()
  readonly #overridden = new Map<string, readonly ModuleSource[]>()
  readonly #remembered = new Set<string>()
  #catalogue: Catalogue = makeCatalogue([], [])
  #closed = false

  constructor(options: RegistryOptions) {
    this.#options = options
  }

  get catalogue(): Catalogue {
    return this.#catalogue
  }

  /** Describes everything found. Settles when each module is in the catalogue, with a reason where it is not loaded. */
  async fill(discovery: Discovery): Promise<void> {
    for (const clash of discovery.clashes) this.#notLoaded.set(clash.source.file, clash)
    const wanted = discovery.candidates.filter(({ name, sources }) => this.#allowed(name, sources))
    await this.#inLanes(wanted, (candidates) => this.#settleInTime(candidates))
    this.#catalogue = this.#made()
    this.#options.cache.save()
    void this.#tryAgain(wanted.filter(({ sources }) => sources.some(({ file }) => this.#remembered.has(file))))
  }

  /**
   * Failures that the cache remembered and no package of the environment explains: a system library may have been installed
   * since. Asked after the port is bound, so that a module that stays broken does not delay a start.
   */
  async #tryAgain(candidates: readonly Candidates[]): Promise<void> {
    if (candidates.length === 0) return
    await this.#inLanes(candidates, (each) => this.#settle(each, false))
    this.#publish()
  }

  /** Another registry has taken over: what is still being described changes nothing any more. */
  close(): void {
    this.#closed = true
  }

  /** As many at once as there are lanes. One that takes long does not keep the others behind it from their turn. */
  async #inLanes(candidates: readonly Candidates[], settle: (candidates: Candidates) => Promise<void>): Promise<void> {
    const waiting = candidates.values()
    const begun: Promise<void>[] = []
    const lane = async (): Promise<void> => {
      for (const next of waiting) {
        const settled = settle(next)
        begun.push(settled)
        await atMost(this.#options.patienceMs * LANE_SHARE, settled)
      }
    }
    await Promise.all(Array.from({ length: this.#options.parallel }, lane))
    await Promise.all(begun)
  }

  #allowed(name: string, sources: readonly ModuleSource[]): boolean {
    if (this.#options.enabled(name)) return true
    for (const source of sources) this.#notLoaded.set(source.file, { source, failure: { error: 'disabled in the configuration' } })
    return false
  }

  /** Waits for one name, but no longer than patience allows. */
  async #settleInTime(candidates: Candidates): Promise<void> {
    const settled = this.#settle(candidates)
    if (await atMost(this.#options.patienceMs, settled)) return
    const [source] = candidates.sources
    if (source !== undefined) {
      const seconds = this.#options.patienceMs / 1000
      this.#notLoaded.set(source.file, { source, failure: { error: `still being imported after ${seconds} s` } })
    }
    void settled.then(() => this.#publish())
  }

  /** The first candidate that loads has the name; those before it are kept with their reasons. */
  async #settle({ name, sources }: Candidates, trustFailures = this.#options.trustFailures): Promise<void> {
    for (const [at, source] of sources.entries()) {
      const { introspection, content, failure } = await this.#described(source, trustFailures)
      if (introspection !== undefined) {
        this.#notLoaded.delete(source.file)
        this.#overridden.set(name, sources.slice(at + 1))
        this.#loaded.set(name, { source, introspection, content, version: versionOf(source, introspection.files) })
        return
      }
      this.#notLoaded.set(source.file, { source, failure: failure ?? unknownReason })
    }
  }

  async #described(source: ModuleSource, trustFailures: boolean): Promise<Described> {
    const known = this.#options.cache.get(source)
    if (known !== undefined) {
      // The environment's digest covers a package that is missing.
      const doubtful = known.failure !== undefined && known.failure.missing === undefined
      if (!doubtful) return known
      if (trustFailures) {
        this.#remembered.add(source.file)
        return known
      }
    }
    const described = await this.#options.describe(source)
    this.#options.cache.set(source, described)
    return described
  }

  #made(): Catalogue {
    return makeCatalogue([...this.#loaded.values()], [...this.#notLoaded.values()], [...this.#overridden.values()].flat())
  }

  #publish(): void {
    if (this.#closed) return
    this.#catalogue = this.#made()
    this.#options.cache.save()
    this.#options.changed(this.#catalogue)
  }
}

/** A module that is imported for longer than this part of our patience has its lane no longer to itself. */
const LANE_SHARE = 0.1

/** Waits for something, but no longer than `ms`. Whether it was settled. */
async function atMost(ms: number, settled: Promise<void>): Promise<boolean> {
  const { promise: over, resolve } = Promise.withResolvers<false>()
  const timer = setTimeout(() => resolve(false), ms)
  const inTime = await Promise.race([settled.then(() => true as const), over])
  clearTimeout(timer)
  return inTime
}

const unknownReason: LoadFailure = { error: 'no reason was given' }

/** The digest of a module's own files. Those of the installed package change with the environment, which has its own digest. */
function versionOf({ builtin }: ModuleSource, files: readonly ModuleFile[]): string {
  if (builtin) return 'installed'
  return digest(...files.flatMap(({ path, sha256 }) => [path, sha256])).slice(0, 16)
}
