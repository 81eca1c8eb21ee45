import type { Cell } from './cell.ts'
import type { CellSpec } from '../runtime.ts'

/** A spare that was taken is replaced so much later: until then whoever took it has the processors. */
const REPLACE_MS = 300

interface Spare {
  readonly starting: Promise<Cell>
  /** Somebody waits for it. */
  readonly hurry: () => void
}

interface Rack {
  readonly cells: Spare[]
  lastUsed: number
  timer: NodeJS.Timeout | undefined
}

/** Processes of one runner each that were started ahead of need. */
export class Spares {
  readonly #start: (spec: CellSpec, hurry: Promise<void>) => Promise<Cell>
  readonly #racks = new Map<CellSpec, Rack>()
  #closed = false

  /** `hurry`: see startCell. */
  constructor(start: (spec: CellSpec, hurry: Promise<void>) => Promise<Cell>) {
    this.#start = start
  }

  /** One that is ready, or that will be soonest. `urgent`: it is started before anything else. Rejects with SANDBOX_UNAVAILABLE. */
  async take(spec: CellSpec, urgent = false): Promise<Cell> {
    if (spec.spares === undefined) return await this.#begin(spec).starting
    const rack = this.#rack(spec)
    rack.lastUsed = performance.now()
    for (;;) {
      const next = rack.cells.shift()
      this.#replaceLater(spec, rack)
      const { starting, hurry } = next ?? this.#begin(spec)
      if (urgent) hurry()
      if (next === undefined) return await starting
      const cell = await starting.catch(() => undefined)
      if (cell?.alive === true) return cell
    }
  }

  /** Has as many ready as this kind should have. */
  fill(spec: CellSpec): void {
    const rack = this.#rack(spec)
    rack.lastUsed = performance.now()
    this.#fill(spec, rack)
  }

  /** Ends those of kinds that are no longer wanted, or that nobody has taken one of since `before`. */
  reap(before: number, isWanted: (spec: CellSpec) => boolean): void {
    for (const [spec, rack] of this.#racks) {
      if (isWanted(spec) && rack.lastUsed >= before) continue
      this.#racks.delete(spec)
      this.#empty(rack)
    }
  }

  status(): { name: string; spares: number }[] {
    return [...this.#racks].map(([{ name }, { cells }]) => ({ name, spares: cells.length }))
  }

  /** No more are started. Those that there are have to be ended by whoever started them. */
  close(): void {
    this.#closed = true
    for (const rack of this.#racks.values()) clearTimeout(rack.timer)
  }

  #rack(spec: CellSpec): Rack {
    let rack = this.#racks.get(spec)
    if (rack === undefined) {
      rack = { cells: [], lastUsed: performance.now(), timer: undefined }
      this.#racks.set(spec, rack)
    }
    return rack
  }

  #replaceLater(spec: CellSpec, rack: Rack): void {
    rack.timer ??= setTimeout(() => {
      rack.timer = undefined
      if (this.#racks.get(spec) === rack) this.#fill(spec, rack)
    }, REPLACE_MS)
  }

  #fill(spec: CellSpec, rack: Rack): void {
    while (!this.#closed && rack.cells.length < (spec.spares ?? 0)) {
      const spare = this.#begin(spec)
      rack.cells.push(spare)
      const forget = (): void => {
        const at = rack.cells.indexOf(spare)
        if (at >= 0) void rack.cells.splice(at, 1)
      }
      // One that cannot be started, or that has ended: the next that is wanted says why, if it cannot either.
      spare.starting.then((cell) => cell.ended.then(forget), forget)
    }
  }

  #begin(spec: CellSpec): Spare {
    const { promise, resolve } = Promise.withResolvers<void>()
    return { starting: this.#start(spec, promise), hurry: resolve }
  }

  #empty(rack: Rack): void {
    clearTimeout(rack.timer)
    for (const { starting } of rack.cells.splice(0)) starting.then((cell) => cell.close(), () => {})
  }
}
