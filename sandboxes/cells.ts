import { startCell } from './cell/start.ts'
import type { Cell, CellOptions } from './cell/cell.ts'
import type { CellSpec, Runtime } from './runtime.ts'
import type { Unit } from './unit.ts'
import type { Runner } from './wire/runner.ts'

/**
 * The cells that runners come from. A fork server is started when it is first wanted and kept until nothing came from it
 * for a while; a bigger one that is ready serves modules that a smaller one would do for, which is then let go.
 */
export class Cells {
  readonly #options: CellOptions
  readonly #idleMs: number
  readonly #kept = new Map<CellSpec, Kept>()
  readonly #reaper: NodeJS.Timeout
  #closed = false

  constructor(options: CellOptions, idleMs: number) {
    this.#options = options
    this.#idleMs = idleMs
    this.#reaper = setInterval(() => this.#reap(), Math.min(5000, idleMs)).unref()
  }

  /** A fresh runner for this unit. Rejects with SANDBOX_UNAVAILABLE. */
  async open(unit: Unit): Promise<Runner> {
    const spec = this.#choose(unit)
    if (spec.preload === undefined) return (await startCell(spec, this.#options)).open()
    const kept = this.#keep(spec)
    const cell = await kept.starting
    const runner = await cell.open()
    kept.runners += 1
    kept.lastUsed = performance.now()
    void runner.closed.then(() => {
      kept.runners -= 1
      kept.lastUsed = performance.now()
    })
    return runner
  }

  /** Starts every fork server of a runtime ahead of need, so that it is ready when the first query comes. */
  warmUp(runtime: Runtime): void {
    for (const spec of runtime.cells) if (spec.preload !== undefined) this.#keep(spec).starting.catch(() => {})
  }

  /** Lets go of the cells of runtimes that are no longer served, each when its last runner has ended. */
  retire(runtimes: readonly Runtime[]): void {
    const current = new Set(runtimes.flatMap(({ cells }) => cells))
    for (const [spec, kept] of this.#kept) kept.retired = !current.has(spec)
    this.#reap()
  }

  status(): { name: string; pid: number | undefined; ready: boolean; runners: number }[] {
    return [...this.#kept.entries()].map(([spec, kept]) => ({
      name: spec.name,
      pid: kept.ready?.pid,
      ready: kept.ready?.alive ?? false,
      runners: kept.runners,
    }))
  }

  /** Ends all; settles when their processes are gone. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#reaper)
    const ends = [...this.#kept.values()].map(async ({ starting }) => {
      const cell = await starting.catch(() => undefined)
      cell?.close()
      await cell?.ended
    })
    await Promise.all(ends)
  }

  #choose(unit: Unit): CellSpec {
    const { cells } = unit.runtime
    const smallest = unit.runtime.smallestCell(unit.source, unit.introspection)
    for (let i = cells.length - 1; i > smallest; i -= 1) {
      const spec = cells[i] as CellSpec
      if (this.#kept.get(spec)?.ready?.alive) return spec
    }
    return cells[smallest] as CellSpec
  }

  #keep(spec: CellSpec): Kept {
    const known = this.#kept.get(spec)
    if (known !== undefined && (known.ready === undefined || known.ready.alive)) return known
    const kept: Kept = { starting: startCell(spec, this.#options), ready: undefined, runners: 0, retired: false, lastUsed: performance.now() }
    this.#kept.set(spec, kept)
    kept.starting.then(
      (cell) => {
        kept.ready = cell
        if (this.#closed) cell.close()
        void cell.ended.then(() => this.#forget(spec, kept))
      },
      () => this.#forget(spec, kept),
    )
    return kept
  }

  #forget(spec: CellSpec, kept: Kept): void {
    if (this.#kept.get(spec) === kept) this.#kept.delete(spec)
  }

  #reap(): void {
    const before = performance.now() - this.#idleMs
    for (const [spec, kept] of this.#kept) {
      if (kept.ready === undefined || kept.runners > 0) continue
      if (kept.retired || kept.lastUsed < before || this.#outdone(spec)) {
        this.#kept.delete(spec)
        kept.ready.close()
      }
    }
  }

  /** A bigger cell of the same language is ready: it serves what this one would. */
  #outdone(spec: CellSpec): boolean {
    return [...this.#kept].some(([other, kept]) => other.outdoes === spec.name && kept.ready?.alive)
  }
}

interface Kept {
  readonly starting: Promise<Cell>
  ready: Cell | undefined
  runners: number
  /** No longer wanted: it ends when its last runner does. */
  retired: boolean
  lastUsed: number
}
