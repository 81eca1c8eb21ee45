import { AuthoredFiles } from '../../sandboxes/authored_files.ts'
import type { ModuleSource } from '../../sandboxes/contract.ts'
import { Candidate } from './candidate.ts'
import { makeCatalogue, sameCatalogue, type Catalogue, type LoadedModule, type NotLoaded } from './catalogue.ts'
import { Change } from './change.ts'
import type { DescribeCache, Described } from './describe_cache.ts'
import type { Discovery } from './discover.ts'
import { atMost, inLanes } from './lanes.ts'
import { withinBounds } from './own_bound.ts'

export interface RegistryOptions {
  /**
   * Asks a module about itself; takes as long as it takes or until `signal` says that nobody wants to know, and never rejects.
   * `urgent`: somebody waits for it.
   */
  readonly describe: (source: ModuleSource, urgent: boolean, signal: AbortSignal) => Promise<Described>
  readonly cache: DescribeCache
  /** How many modules are described at once. */
  readonly parallel: number
  /** A module that is still being described after this time does not hold up the others; it appears when it is done. */
  readonly patienceMs: number
  /** Whether `fill` takes remembered failures as they are and asks again later, or asks again at once. */
  readonly trustFailures: boolean
  readonly enabled: (name: string) => boolean
  /** Told of modules that came, changed or went after `fill` has settled. */
  readonly changed: (catalogue: Catalogue) => void
  /** What was known of a file before: its last good version and why its newest does not load. */
  readonly before?: ((file: string) => Candidate | undefined) | undefined
}

/**
 * The host's modules: turns what discovery found into a catalogue, and swaps the catalogue as a whole. Later it asks again about
 * the files that a change is about, and about no others.
 */
export class Registry {
  readonly #options: RegistryOptions
  /** By file. */
  readonly #candidates = new Map<string, Candidate>()
  /** By name, the one with the most right to it first. */
  #names = new Map<string, Candidate[]>()
  #disabled: NotLoaded[] = []
  readonly #remembered = new Set<string>()
  #catalogue: Catalogue = makeCatalogue([], [])
  #filled = false
  #closed = false
  #soon: NodeJS.Timeout | undefined
  readonly #later = new Set<NodeJS.Timeout>()

  constructor(options: RegistryOptions) {
    this.#options = options
  }

  get catalogue(): Catalogue {
    return this.#catalogue
  }

  candidate(file: string): Candidate | undefined {
    return this.#candidates.get(file)
  }

  /** Describes everything found. Settles when each module is in the catalogue, with a reason where it is not loaded. */
  async fill(discovery: Discovery): Promise<void> {
    this.#take(discovery)
    const { parallel, patienceMs } = this.#options
    await inLanes([...this.#names.keys()], (name) => this.#settleInTime(name), { parallel, patienceMs: patienceMs * LANE_SHARE })
    this.#catalogue = this.#made()
    this.#filled = true
    this.#options.cache.write()
    void this.#tryAgain()
  }

  /**
   * Failures that the cache remembered and no package of the environment explains: a system library may have been installed
   * since. Asked after the port is bound, so that a module that stays broken does not delay a start.
   */
  async #tryAgain(): Promise<void> {
    const doubted = [...this.#remembered].flatMap((file) => this.#candidates.get(file) ?? [])
    this.#remembered.clear()
    for (const candidate of doubted) candidate.doubt(false)
    await this.#reload(doubted.map(({ source }) => source.name))
  }

  /**
   * Asks again about modules whose files are among `changed` (undefined: any may be), and about those below the same roots that do
   * not load: what they waited for may have come. Settles when that is known; what loads is in the catalogue at once.
   */
  async update(discovery: Discovery, changed: ReadonlySet<string> | undefined): Promise<void> {
    const concerned = this.#take(discovery)
    const change = new Change(changed)
    const again: string[] = []
    for (const candidate of this.#candidates.values()) {
      if (candidate.claim !== 'found') continue
      if (change.concerns(candidate)) {
        candidate.doubt(changed !== undefined)
        concerned.add(candidate.source.name)
      } else if (!candidate.isGood && change.isBelow(candidate.source.root) && this.#doubtAgain(candidate)) {
        again.push(candidate.source.name)
      }
    }
    await this.#reload([...concerned])
    await this.#reload(again)
  }

  /** Nothing changes any more, whatever is still being described. `replaced`: another registry has taken over. */
  close(replaced: boolean): void {
    this.#closed = true
    if (replaced) this.#options.cache.discard()
    else this.#options.cache.write()
    for (const timer of [this.#soon, ...this.#later]) clearTimeout(timer)
    for (const candidate of this.#candidates.values()) candidate.forget()
  }

  /** A module that writes files when it is imported and then fails would be asked again for ever. */
  #doubtAgain(candidate: Candidate): boolean {
    candidate.retries += 1
    if (candidate.retries <= RETRIES_AT_ONCE) {
      candidate.doubt(false)
      return true
    }
    candidate.doubtLater(RETRY_MS, () => void this.#reload([candidate.source.name]))
    return false
  }

  /** What there is now. Returns the names that something came or went for. */
  #take({ candidates, clashes, roots }: Discovery): Set<string> {
    const concerned = new Set<string>()
    const found = new Set<Candidate>()
    const names = new Map<string, Candidate[]>()
    const enlist = (candidate: Candidate, { name, root } = candidate.source): void => {
      const listed = names.get(name) ?? []
      const at = listed.findIndex((other) => roots.indexOf(other.source.root) < roots.indexOf(root))
      listed.splice(at < 0 ? listed.length : at, 0, candidate)
      names.set(name, listed)
    }
    const disabled = new Map(this.#disabled.map((each) => [each.source.file, each]))
    this.#disabled = []
    for (const source of candidates.flatMap(({ sources }) => sources)) {
      if (!this.#options.enabled(source.name)) {
        this.#disabled.push(disabled.get(source.file) ?? { source, failure: { error: 'disabled in the configuration' } })
        continue
      }
      const known = this.#candidates.get(source.file)
      const candidate = known ?? this.#add(source)
      if (known === undefined || known.find()) concerned.add(source.name)
      found.add(candidate)
      enlist(candidate)
    }
    for (const { source, failure } of clashes) {
      const candidate = this.#candidates.get(source.file) ?? this.#add(source)
      if (candidate.claim !== 'clashes') concerned.add(source.name)
      candidate.clash(failure)
      found.add(candidate)
      enlist(candidate)
    }
    const lost = [...this.#candidates.values()].filter((candidate) => !found.has(candidate) && candidate.claim !== 'gone')
    for (const candidate of lost) this.#lose(candidate)
    for (const candidate of this.#candidates.values()) if (candidate.claim === 'gone') enlist(candidate)
    if (lost.length > 0) this.#dropLater(lost)
    this.#names = names
    for (const { source } of lost) concerned.add(source.name)
    return concerned
  }

  #add(source: ModuleSource): Candidate {
    const candidate = new Candidate(source, this.#options.before?.(source.file), () => this.#publishSoon())
    this.#candidates.set(source.file, candidate)
    return candidate
  }

  /** Its file is gone. What is good of it stays for a moment: some saves take the file away before it is there again. */
  #lose(candidate: Candidate): void {
    if (candidate.good === undefined) this.#forget(candidate)
    else candidate.claim = 'gone'
  }

  #dropLater(lost: readonly Candidate[], looks = 1): void {
    const timer = setTimeout(() => {
      this.#later.delete(timer)
      this.#drop(lost, looks)
    }, GONE_MS)
    this.#later.add(timer)
  }

  /** They have not come back: their names are free. Of one whose file is there again we are told in a moment, which is longer on a busy machine. */
  #drop(lost: readonly Candidate[], looks: number): void {
    const away = lost.filter((candidate) => candidate.claim === 'gone' && this.#candidates.get(candidate.source.file) === candidate)
    const { back = [], gone = [] } = Object.groupBy(away, ({ isThere }) => (looks < GONE_LOOKS && isThere ? 'back' : 'gone'))
    if (back.length > 0) this.#dropLater(back, looks + 1)
    for (const candidate of gone) this.#forget(candidate)
    const names = gone.map(({ source }) => source.name)
    for (const name of names) this.#names.set(name, (this.#names.get(name) ?? []).filter((candidate) => !gone.includes(candidate)))
    void this.#reload(names)
  }

  #forget(candidate: Candidate): void {
    candidate.forget()
    this.#candidates.delete(candidate.source.file)
  }

  /** Finds out about these names. What is known of the others meanwhile is in the catalogue without waiting for all. */
  async #reload(names: readonly string[]): Promise<void> {
    if (names.length === 0) return
    const { parallel } = this.#options
    await inLanes(names, async (name) => {
      await this.#settleInTime(name)
      this.#publishSoon()
    }, { parallel, patienceMs: RELOAD_LANE_MS })
    this.#publish()
  }

  /** Waits for one name, but no longer than patience allows. */
  async #settleInTime(name: string): Promise<void> {
    const settled = this.#settle(name)
    if (await atMost(this.#options.patienceMs, settled)) return
    this.#undecided(name)?.fail({ error: `still being imported after ${this.#options.patienceMs / 1000} s` })
    void settled.then(() => this.#publish())
  }

  /** The first candidate that loads has the name; those before it are kept with their reasons. */
  async #settle(name: string): Promise<void> {
    for (;;) {
      const next = this.#undecided(name)
      if (next === undefined || this.#closed) return
      await next.settle((source, saved, signal) => this.#described(source, saved, signal), !this.#filled)
    }
  }

  #undecided(name: string): Candidate | undefined {
    for (const candidate of this.#names.get(name) ?? []) {
      if (!candidate.isSettled) return candidate
      if (candidate.good !== undefined) return undefined
    }
    return undefined
  }

  async #described(source: ModuleSource, saved: boolean, signal: AbortSignal): Promise<Described | undefined> {
    const known = this.#options.cache.get(source)
    if (known !== undefined) {
      if (known.failure === undefined) return withinBounds(known, source, this.#candidates.values())
      // The environment's digest covers a package that is missing.
      const doubtful = known.failure.missing === undefined || known.failure.install !== undefined
      if (!this.#filled && (!doubtful || this.#options.trustFailures)) {
        if (doubtful) this.#remembered.add(source.file)
        return known
      }
    }
    // Of what is about to be read, not of what may have been saved meanwhile.
    const before = new AuthoredFiles(source).digest(source.file)
    const answer = await this.#options.describe(source, saved && this.#filled, signal)
    if (signal.aborted) return undefined
    const described = withinBounds(answer, source, this.#candidates.values())
    this.#options.cache.set(source, described, before)
    return described
  }

  #made(): Catalogue {
    const loaded: LoadedModule[] = []
    const notLoaded: NotLoaded[] = [...this.#disabled]
    const overridden: ModuleSource[] = []
    for (const candidates of this.#names.values()) {
      let served: LoadedModule | undefined
      for (const { good, failed, claim, source } of candidates) {
        if (served !== undefined) {
          overridden.push(source)
          continue
        }
        if (failed !== undefined && claim !== 'gone') notLoaded.push(failed)
        if (good !== undefined) loaded.push(served = good)
      }
    }
    return makeCatalogue(loaded, notLoaded, overridden)
  }

  #publishSoon(): void {
    this.#soon ??= setTimeout(() => this.#publish(), SOON_MS)
  }

  #publish(): void {
    clearTimeout(this.#soon)
    this.#soon = undefined
    if (this.#closed || !this.#filled) return
    const next = this.#made()
    this.#options.cache.save()
    if (sameCatalogue(this.#catalogue, next)) return
    this.#catalogue = next
    this.#options.changed(next)
  }
}

/** A module that is imported for longer than this part of our patience has its lane no longer to itself. */
const LANE_SHARE = 0.1
/** The same while others wait for their reload. */
const RELOAD_LANE_MS = 100
/** What is known of some of the modules that were saved together is served when the others take longer than this. */
const SOON_MS = 20
/** A module whose file is not there is served for so long, and so many times that long where it is there again and nobody has told of it. */
const [GONE_MS, GONE_LOOKS] = [200, 10]
/** How often a module that does not load is asked again at once because another file was saved, and how soon after that. */
const RETRIES_AT_ONCE = 5
const RETRY_MS = 1000
