import type { Cell } from './cell/cell.ts'
import type { CellSpec } from './runtime.ts'

/** A spare is started this long after the last one was taken: the processor is better spent on what took it. */
const AFTER_MS = 50

interface Shelf {
  /** The oldest first. */
  readonly cells: Promise<Cell>[]
  lastUsed: number
}

/** Processes that are started ahead of need, so that nobody waits for it: so many as their kind says, as long as it is in use. */
export class Spares {
  readonly #start: (spec: CellSpec) => Promise<Cell>
  readonly #idleMs: number
  readonly #shelves = new Map<CellSpec, Shelf>()

  constructor(start: (spec: CellSpec) => Promise<Cell>, idleMs: number) {
    this.#start = start
    this.#idleMs = idleMs
  }

  /** One that can be used, or undefined; others are started for those who come next. */
  async take(spec: CellSpec): Promise<Cell | undefined> {
    const { spares = 0 } = spec
    if (spares === 0) return undefined
    const shelf = this.#shelf(spec)
    shelf.lastUsed = performance.now()
    setTimeout(() => this.fill(spec), AFTER_MS).unref()
    for (;;) {
      const next = shelf.cells.shift()
      if (next === undefined) return undefined
      const cell = await next.catch(() => undefined)
      if (cell?.alive) return cell
    }
  }

  /** Starts what is missing. */
  fill(spec: CellSpec): void {
    const shelf = this.#shelf(spec)
    for (let missing = (spec.spares ?? 0) - shelf.cells.length; missing > 0; missing -= 1) {
      const cell = this.#start(spec)
      shelf.cells.push(cell)
      // Whoever takes it is told why it failed by the one that is started instead.
      cell.catch(() => {})
    }
  }

  /** Ends those of kinds that are not current, and of those that nobody has wanted for long. */
  reap(isCurrent: (spec: CellSpec) => boolean): void {
    const before = performance.now() - this.#idleMs
    for (const [spec, { cells, lastUsed }] of this.#shelves) {
      if (isCurrent(spec) && lastUsed >= before) continue
      this.#shelves.delete(spec)
      for (const cell of cells) void cell.then((each) => each.close(), () => {})
    }
  }

  status(): { name: string; spares: number }[] {
    return [...this.#shelves].map(([{ name }, { cells }]) => ({ name, spares: cells.length }))
  }

  #shelf(spec: CellSpec): Shelf {
    let shelf = this.#shelves.get(spec)
    if (shelf === undefined) this.#shelves.set(spec, (shelf = { cells: [], lastUsed: performance.now() }))
    return shelf
  }
}
