import { QueryFailure } from '../failure.ts'
import { runnersToStart } from './growth.ts'
import { Lease } from './lease.ts'
import { LoopLoad } from './loop_load.ts'
import type { PoolEvents, PoolOptions, Started } from './pool_options.ts'
import { privateBytes } from '../process/memory.ts'
import { isRestless } from './rest.ts'
import { hasLeftovers, idleOf, isForgotten, isGuessed, lacksNext, makeShelf, putBack, queriesAtOnce, runApart, takeAway, takeRoom, type Shelf } from './shelf.ts'
import { runnersByModule, type PoolStatus } from './runner_states.ts'
import type { Unit } from '../unit.ts'
import { isOutgrown, makeWarm, type Warm } from './warm.ts'

/** Which runners are warm, busy and starting. It takes a query or refuses it at once: waiting happens in dispatch. */
export class Pool {
  readonly #options: PoolOptions
  readonly #events: PoolEvents
  readonly #shelves = new Map<string, Shelf>()
  readonly #warm = new Set<Warm>()
  readonly #busy = new Set<Lease>()
  readonly #loopLoad = new LoopLoad()
  readonly #reaper: NodeJS.Timeout
  readonly #looker: NodeJS.Timeout
  #watch: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: PoolOptions, events: PoolEvents) {
    this.#options = options
    this.#events = events
    this.#reaper = setInterval(() => this.#reap(), Math.min(1000, options.idleMs)).unref()
    this.#looker = setInterval(() => this.#endRestless(), REST_MS).unref()
  }

  /** A runner of this unit that has room, the most recently used one, or undefined. */
  lease(unit: Unit): Lease | undefined {
    const shelf = this.#shelves.get(unit.key)
    if (shelf === undefined || hasLeftovers(shelf)) return undefined
    const warm = takeRoom(shelf)
    if (warm === undefined) return undefined
    shelf.busy += 1
    warm.restingTicks = undefined
    // The query first.
    if (shelf.isAhead) queueMicrotask(() => this.#startNext(shelf))
    const lease = new Lease(warm, { returned: () => this.#returned(lease), harmed: () => runApart(shelf) })
    this.#busy.add(lease)
    this.#watch ??= setInterval(() => this.#watchBusy(), WATCH_MS)
    return lease
  }

  /** Starts as many runners as the demand justifies and memory allows; `free` or `failed` tell of them. */
  grow(unit: Unit, waiting: number, waitedMs: number): void {
    if (this.#closed) return
    const shelf = this.#shelf(unit)
    if (performance.now() < shelf.notBefore) return
    if (!shelf.isAhead && hasLeftovers(shelf)) return void (shelf.isWanted = true)
    const atOnce = queriesAtOnce(shelf)
    let wanted = runnersToStart({
      waiting: Math.ceil(waiting / atOnce),
      live: shelf.live,
      starting: shelf.starting,
      most: unit.settings.limits.runners,
      cores: this.#options.cores,
      shared: atOnce > 1,
      waitedMs,
      hostLoad: this.#loopLoad.share,
    })
    for (; wanted > 0 && this.#makeRoom(shelf); wanted -= 1) void this.#start(shelf)
  }

  /** Whether there is a runner of this unit, or will be in a moment. */
  has({ key }: Unit): boolean {
    const { live = 0, starting = 0 } = this.#shelves.get(key) ?? {}
    return live + starting > 0
  }

  /** Takes over a runner that has become this unit already. */
  adopt(unit: Unit, started: Started): void {
    this.#add(this.#shelf(unit), started, performance.now())
  }

  /** Processes of all runners. */
  get pids(): readonly number[] {
    return [...this.#warm].map(({ runner }) => runner.pid)
  }

  /** Runners by module, all and by their states, and their private memory in bytes. */
  status(): PoolStatus {
    const whole = { runners: this.#warm.size, busy: this.#busy.size, starting: this.#starting(), privateBytes: this.#privateBytes() }
    return { ...whole, ...runnersByModule(this.#shelves.values()) }
  }

  /** Ends the runners of units that queries no longer run on, idle ones now, others after their query. Returns those that had some. */
  retire(isCurrent: (unit: Unit) => boolean): readonly Unit[] {
    const current = [...this.#shelves.values()].filter(({ retired }) => !retired)
    for (const shelf of this.#shelves.values()) shelf.retired = !isCurrent(shelf.unit)
    const retired = current.filter((shelf) => shelf.retired && shelf.live + shelf.starting > 0)
    for (const shelf of retired) for (const warm of idleOf(shelf)) this.#leave(shelf, warm)
    return retired.map(({ unit }) => unit)
  }

  /** Ends idle runners now and the others when their query is over. */
  close(): void {
    this.#closed = true
    clearInterval(this.#reaper)
    clearInterval(this.#looker)
    for (const shelf of this.#shelves.values()) for (const warm of idleOf(shelf)) this.#evict(warm)
  }

  /** Ends everything now; open queries fail with SHUTTING_DOWN. */
  destroy(): void {
    this.close()
    clearInterval(this.#watch)
    for (const warm of this.#warm) warm.runner.kill('SHUTTING_DOWN', 'the host is shutting down')
  }

  #shelf(unit: Unit): Shelf {
    let shelf = this.#shelves.get(unit.key)
    if (shelf === undefined) {
      shelf = makeShelf(unit)
      this.#shelves.set(unit.key, shelf)
    }
    return shelf
  }

  async #start(shelf: Shelf): Promise<void> {
    shelf.starting += 1
    const startedAt = performance.now()
    try {
      const { runner, cleanUp } = await this.#options.start(shelf.unit)
      shelf.starting -= 1
      this.#add(shelf, { runner, cleanUp }, startedAt)
    } catch (cause) {
      shelf.starting -= 1
      const failure =
        cause instanceof QueryFailure ? cause : new QueryFailure('SANDBOX_UNAVAILABLE', String(cause), { cause })
      if (shelf.live + shelf.starting === 0) this.#events.failed(shelf.unit.key, failure)
      // Those that live serve whoever waits.
      else shelf.notBefore = performance.now() + RETRY_MS
    }
  }

  #add(shelf: Shelf, { runner, cleanUp }: Started, startedAt: number): void {
    const warm = makeWarm(runner, shelf.unit, { bornBytes: shelf.bornBytes, privateAtLoad: shelf.typicalBytes, startedAt })
    shelf.live += 1
    shelf.isAhead = runner.isAhead
    shelf.bornBytes = warm.memory.atFirst
    this.#warm.add(warm)
    void runner.closed.then(() => {
      if (warm.isLeft) return
      shelf.live -= 1
      this.#warm.delete(warm)
      takeAway(shelf, warm)
      if (warm.runner.spec.fresh === true) void this.#replaceSpent(shelf, warm)
      // Nobody knows which of its queries did that.
      if (warm.leases > 1 && runner.ended?.code !== 'SHUTTING_DOWN') runApart(shelf)
    })
    void runner.gone.then(cleanUp)
    if (this.#closed) return runner.close()
    // It takes a while; one of one query is as the one before.
    if (runner.spec.fresh !== true || isGuessed(shelf)) void privateBytes(runner.pid).then((bytes) => {
      if (bytes === 0) return
      warm.privateAtLoad = bytes
      shelf.typicalBytes = bytes
    })
    this.#shelve(shelf, warm)
  }

  #shelve(shelf: Shelf, warm: Warm): void {
    putBack(shelf, warm)
    this.#events.free(shelf.unit.key)
    if (shelf.retired && warm.leases === 0) this.#leave(shelf, warm)
  }

  #returned(lease: Lease): void {
    this.#busy.delete(lease)
    const { warm } = lease
    const shelf = this.#shelf(warm.unit)
    warm.leases -= 1
    shelf.busy -= 1
    if (warm.runner.spec.fresh === true && warm.runner.spec.preload !== undefined) void this.#goes(shelf, warm)
    if (warm.runner.ended !== undefined) return
    warm.leaving ||= this.#closed || warm.runner.spec.fresh === true || isOutgrown(warm)
    if (!warm.leaving) return this.#shelve(shelf, warm)
    takeAway(shelf, warm)
    if (warm.leases === 0) warm.runner.close()
  }

  /** Whether one more runner may start; evicts the least recently used idle ones of others for it. */
  #makeRoom(shelf: Shelf): boolean {
    const { memoryBytes, cores } = this.#options
    let excess = this.#privateBytes() + shelf.typicalBytes - memoryBytes
    if (excess <= 0) return true
    excess = this.#evictIdle(excess, shelf, cores - 1)
    // A budget must never stop the host: one runner a core may always start.
    return excess <= 0 || this.#running() + this.#starting() < cores
  }

  /**
   * Ends idle runners, the least recently used first, until `excess` bytes are freed or only `keep` runners live; returns what
   * is left. One that is in use all the time is idle for moments only: a module that eats memory must not cost others theirs.
   */
  #evictIdle(excess: number, except: Shelf | undefined, keep: number): number {
    const before = performance.now() - IN_USE_MS
    const idle = [...this.#shelves.values()].flatMap((shelf) => (shelf === except ? [] : idleOf(shelf)))
    for (const warm of idle.filter(({ lastUsed }) => lastUsed < before).sort((a, b) => a.lastUsed - b.lastUsed)) {
      if (excess <= 0 || this.#warm.size <= keep) break
      excess -= warm.privateAtLoad + warm.memory.growth
      this.#evict(warm)
    }
    return excess
  }

  /** A runner of one query has had it. Whoever waits may find nothing of that. */
  async #goes(shelf: Shelf, warm: Warm): Promise<void> {
    shelf.going += 1
    await warm.runner.gone
    shelf.going -= 1
    if (!hasLeftovers(shelf)) this.#events.free(shelf.unit.key)
  }

  /** The next is made: of those that share a cell, and may not be made ahead, when nothing of this one is left. */
  async #replaceSpent(shelf: Shelf, { runner, served }: Warm): Promise<void> {
    if (runner.spec.preload !== undefined && !runner.isAhead) await runner.gone
    const isWanted = shelf.isWanted || served > 0
    shelf.isWanted = false
    if (isWanted) this.#startNext(shelf)
  }

  #startNext(shelf: Shelf): void {
    if (!this.#closed && lacksNext(shelf) && this.#makeRoom(shelf)) void this.#start(shelf)
  }

  #evict(warm: Warm): void {
    takeAway(this.#shelf(warm.unit), warm)
    this.#warm.delete(warm)
    warm.runner.close()
  }

  /** Gives up an idle runner of a version that is served no more. */
  #leave(shelf: Shelf, warm: Warm): void {
    const { leave } = this.#options
    if (leave === undefined || this.#closed || warm.overdue > 0 || isOutgrown(warm)) return this.#evict(warm)
    warm.isLeft = true
    shelf.live -= 1
    takeAway(shelf, warm)
    this.#warm.delete(warm)
    leave(shelf.unit, warm.runner)
  }

  #privateBytes(): number {
    const ready = this.#warm.values().reduce((sum, { privateAtLoad, memory }) => sum + privateAtLoad + memory.growth, 0)
    return this.#shelves.values().reduce((sum, { starting, typicalBytes }) => sum + starting * typicalBytes, ready)
  }

  /** Runners that have a query. */
  #running(): number {
    return new Set([...this.#busy].map(({ warm }) => warm)).size
  }

  #starting(): number {
    return this.#shelves.values().reduce((sum, { starting }) => sum + starting, 0)
  }

  #reap(): void {
    const before = performance.now() - this.#options.idleMs
    for (const [key, shelf] of this.#shelves) {
      for (const warm of idleOf(shelf).filter(({ lastUsed }) => lastUsed < before)) this.#evict(warm)
      if (isForgotten(shelf)) this.#shelves.delete(key)
    }
    // One a core may always live.
    this.#evictIdle(this.#privateBytes() - this.#options.memoryBytes, undefined, this.#options.cores)
  }

  /** What a module leaves at work after its answer, threads or processes, goes with its runner. */
  #endRestless(): void {
    const before = performance.now() - REST_MS / 2
    for (const shelf of this.#shelves.values()) {
      // Nothing of a module runs in an isolate that nobody has entered; what its process does is not the module's doing.
      if (shelf.atOnce > 1) continue
      for (const warm of idleOf(shelf).filter(({ lastUsed }) => lastUsed < before)) if (isRestless(warm)) this.#evict(warm)
    }
  }

  #watchBusy(): void {
    if (this.#busy.size === 0) {
      clearInterval(this.#watch)
      this.#watch = undefined
    }
    for (const lease of this.#busy) lease.watch()
  }
}

/** A runner that was used less than this ago is in use. */
const IN_USE_MS = 500
/** How often busy runners are looked at: their memory, and whether their deadline needs a timer of its own. */
const WATCH_MS = 50
/** A module that could not be loaded is not tried again for so long while other runners of it live. */
const RETRY_MS = 1000
/** How often idle runners are looked at: whether they are. */
const REST_MS = 2000
