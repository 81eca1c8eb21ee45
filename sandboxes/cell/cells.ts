import { startCell } from './start.ts'
import type { Cell, CellOptions } from './cell.ts'
import { Doors, type DoorsOptions, type GrantOf } from '../egress/doors.ts'
import { QueryFailure } from '../failure.ts'
import { KeptRunners } from './kept_runners.ts'
import { TEMPORARY } from '../launch/inside.ts'
import { OwnSpecs } from './own_specs.ts'
import type { CellSpec, Runtime } from '../runtime.ts'
import type { Scratch } from '../scratch.ts'
import { Spares } from './spares.ts'
import type { Unit } from '../unit.ts'
import type { Runner } from '../wire/runner.ts'

/**
 * The cells that runners come from. A fork server is started when it is first wanted and kept until nothing came from it
 * for a while; a bigger one that is ready serves modules that a smaller one would do for, which is then let go. Of processes that are
 * the one runner of their cell, some are started ahead of need where their kind says so.
 */
export class Cells {
  readonly #options: CellOptions
  readonly #idleMs: number
  readonly #kept = new Map<CellSpec, Kept>()
  readonly #living = new Set<Cell>()
  readonly #reaper: NodeJS.Timeout
  readonly #closing = new AbortController()
  readonly #spares = new Spares((spec, hurry) => this.#start(spec, hurry))
  readonly #left = new KeptRunners()
  readonly #own: OwnSpecs
  readonly #doors: Doors | undefined
  #unwanted: (spec: CellSpec) => boolean = () => false

  /** `doors`: where modules reach the network by doors, who opens them. */
  constructor(options: CellOptions, idleMs: number, doors?: DoorsOptions) {
    this.#options = options
    this.#idleMs = idleMs
    this.#own = new OwnSpecs(options.policy)
    this.#doors = doors && new Doors(doors)
    this.#reaper = setInterval(() => this.#reap(), Math.min(5000, idleMs)).unref()
  }

  /**
   * A runner for this unit, in a cell of the given kind or of the one that suits it: one that has been told nothing yet, or was an
   * earlier version of the same module. Rejects with SANDBOX_UNAVAILABLE.
   */
  async open(unit: Unit, { spec: kind = this.#choose(unit), describe = false, urgent = false }: Opening = {}): Promise<Runner> {
    const spec = this.#own.of(kind, unit, describe)
    if (spec.preload === undefined) return this.#left.take(unit.source.file, spec) ?? (await this.#letOut(await this.#spares.take(spec, urgent), unit)).open()
    const kept = this.#keep(spec)
    // From here on, so that the cell is not let go under it.
    kept.runners += 1
    const left = (): void => {
      kept.runners -= 1
      kept.lastUsed = performance.now()
      if (kept.retired) this.#reap()
    }
    try {
      const cell = await kept.starting
      // One that describes is all modules' of a root, which have nothing to ask the network for before they are asked themselves.
      const runner = await (describe ? cell : await this.#letOut(cell, unit)).open()
      void runner.closed.then(left)
      return runner
    } catch (failure) {
      left()
      throw failure
    }
  }

  /** Lets go of a runner that this unit has no more use for; the next version of its module may have. */
  leave({ source }: Unit, runner: Runner): void {
    if (!this.#left.keep(source.file, runner)) runner.close()
  }

  /** Whether a runner that has described its module may also answer queries about it. */
  mayServe({ spec }: Runner): boolean {
    return spec.describesOnly !== true && !this.#own.describesOnly(spec)
  }

  /** The folder that a runner has to itself, by the name that it knows it by. A cell that is apart has its own, which goes with it. */
  ownFolder(scratch: Scratch): { folder: string; cleanUp: () => void } {
    if (this.#options.policy.apart) return { folder: TEMPORARY, cleanUp: () => {} }
    const folder = scratch.make()
    return { folder, cleanUp: () => scratch.remove(folder) }
  }

  /** Starts every fork server of a runtime ahead of need, so that it is ready when the first query comes. */
  warmUp(runtime: Runtime): void {
    if (this.#options.policy.apart) return
    for (const spec of runtime.cells) if (spec.preload !== undefined) this.#keep(spec).starting.catch(() => {})
  }

  /** Has spare processes ready for the modules of a runtime. */
  keepSpares({ cells, compiler }: Runtime): void {
    for (const spec of [...cells, ...(compiler === undefined ? [] : [compiler])]) {
      if (spec.spares !== undefined && this.#own.isShared(spec)) this.#spares.fill(spec)
    }
  }

  /** Lets go of the cells of runtimes that are no longer served, each when its last runner has ended. */
  retire(runtimes: readonly Runtime[]): void {
    const current = new Set(runtimes.flatMap(({ cells, alone, compiler }) => [...cells, alone, compiler]))
    this.#unwanted = (spec) => !current.has(this.#own.originOf(spec))
    for (const [spec, kept] of this.#kept) kept.retired = this.#unwanted(spec)
    this.#reap()
  }

  /** Processes that are started ahead, by kind. */
  spares(): { name: string; spares: number }[] {
    return this.#spares.status()
  }

  status(): { name: string; pid: number | undefined; ready: boolean; runners: number }[] {
    return [...this.#kept.entries()].map(([spec, kept]) => ({
      name: spec.name,
      pid: kept.ready?.pid,
      ready: kept.ready?.alive ?? false,
      runners: kept.runners,
    }))
  }

  /** What modules may reach has changed. */
  async regrant(grantOf: GrantOf): Promise<void> {
    await this.#doors?.regrant(grantOf)
  }

  /** Ends all; settles when their processes are gone. */
  async close(): Promise<void> {
    this.#closing.abort()
    clearInterval(this.#reaper)
    this.#spares.close()
    this.#left.close()
    // One that is becoming a module may be at it for a minute: it is ended, not waited for.
    for (const cell of this.#living) cell.close()
    await Promise.all([...this.#kept.values()].map(({ starting }) => starting.catch(() => {})))
    await Promise.all([...this.#living].map((cell) => {
      cell.close()
      return cell.gone
    }))
  }

  async #start(spec: CellSpec, hurry?: Promise<void>): Promise<Cell> {
    const { signal } = this.#closing
    const door = spec.reaches === true && !signal.aborted ? await this.#doors?.open().catch(refusedDoor) : undefined
    // Perhaps just while the door was opened: a cell that is started now would hear nothing of it.
    if (signal.aborted) {
      void door?.[Symbol.asyncDispose]()
      throw new QueryFailure('SHUTTING_DOWN', 'no more cells are started')
    }
    const cell = await startCell(spec, this.#options, signal, { hurry, door: door?.path }).catch((failure: unknown) => {
      void door?.[Symbol.asyncDispose]()
      throw failure
    })
    if (door !== undefined) this.#doors?.hold(cell, door)
    this.#living.add(cell)
    void cell.gone.then(() => this.#living.delete(cell))
    // It was ready just when the end began, and may be about to become a module.
    if (signal.aborted) cell.close()
    return cell
  }

  /** One that nobody has told yet whose it is becomes that, where there is one. To describe there is no haste. */
  async #startKept(spec: CellSpec): Promise<Cell> {
    const base = this.#own.baseOf(spec)
    if (base === undefined) return await this.#start(spec)
    const cell = await (this.#own.describesOnly(spec) ? this.#start(base) : this.#spares.take(base))
    await cell.become?.(spec)
    return cell
  }

  async #letOut(cell: Cell, unit: Unit): Promise<Cell> {
    await this.#doors?.assign(cell, unit).catch(refusedDoor)
    return cell
  }

  #choose(unit: Unit): CellSpec {
    const { cells, alone } = unit.runtime
    const smallest = unit.runtime.smallestCell(unit.source, unit.introspection)
    if (this.#options.policy.apart) {
      // What starts processes faster than anybody finds them ends with a cell as a whole, and only so. Nobody else has started a bigger one.
      return unit.settings.processes ? alone : cells[smallest] as CellSpec
    }
    for (let i = cells.length - 1; i > smallest; i -= 1) {
      const spec = cells[i] as CellSpec
      if (this.#kept.get(spec)?.ready?.alive) return spec
    }
    return cells[smallest] as CellSpec
  }

  #keep(spec: CellSpec): Kept {
    const known = this.#kept.get(spec)
    if (known !== undefined && (known.ready === undefined || known.ready.alive)) return known
    const kept: Kept = { starting: this.#startKept(spec), ready: undefined, runners: 0, retired: false, lastUsed: performance.now() }
    this.#kept.set(spec, kept)
    kept.starting.then(
      (cell) => {
        kept.ready = cell
        void cell.ended.then(() => this.#forget(spec, kept))
      },
      () => this.#forget(spec, kept),
    )
    return kept
  }

  #forget(spec: CellSpec, kept: Kept): void {
    if (this.#kept.get(spec) !== kept) return
    this.#kept.delete(spec)
    this.#own.forget(spec)
  }

  #reap(): void {
    const before = performance.now() - this.#idleMs
    this.#spares.reap(before, (spec) => !this.#unwanted(spec))
    for (const [spec, kept] of this.#kept) {
      if (kept.ready === undefined || kept.runners > 0) continue
      if (kept.retired || kept.lastUsed < before || this.#outdone(spec)) {
        this.#end(spec, kept.ready)
      }
    }
    this.#endExcess()
  }

  /** Whoever asks many modules, one after the other, holds no more for it than for many queries: those that were not asked for longest go. */
  #endExcess(): void {
    const most = this.#options.heldBytes?.() ?? Infinity
    const held = [...this.#kept].flatMap(([spec, { ready, lastUsed }]) => (ready?.heldBytes === undefined ? [] : [{ spec, cell: ready, lastUsed, bytes: ready.heldBytes }]))
    let excess = held.reduce((sum, { bytes }) => sum + bytes, 0) - most
    for (const { spec, cell, bytes } of held.sort((a, b) => a.lastUsed - b.lastUsed)) {
      if (excess <= 0) return
      if (cell.isAsked === true) continue
      excess -= bytes
      this.#end(spec, cell)
    }
  }

  #end(spec: CellSpec, cell: Cell): void {
    this.#kept.delete(spec)
    this.#own.forget(spec)
    cell.close()
  }

  /** A bigger cell of the same language is ready: it serves what this one would. */
  #outdone(spec: CellSpec): boolean {
    return [...this.#kept].some(([other, kept]) => other.outdoes === spec.name && kept.ready?.alive)
  }
}

function refusedDoor(cause: unknown): never {
  throw new QueryFailure('SANDBOX_UNAVAILABLE', `there is no way out for a cell: ${(cause as Error).message}`, { cause })
}

export interface Opening {
  /** undefined: the cell that suits the module. */
  readonly spec?: CellSpec | undefined
  /** Whether the runner is to say what the module is, and no more. */
  readonly describe?: boolean
  /** Its start is not to run behind others. */
  readonly urgent?: boolean | undefined
}

interface Kept {
  readonly starting: Promise<Cell>
  ready: Cell | undefined
  runners: number
  /** No longer wanted: it ends when its last runner does. */
  retired: boolean
  lastUsed: number
}
