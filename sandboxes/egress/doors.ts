import type { Cell } from '../cell/cell.ts'
import type { EgressGrant } from '../contract.ts'
import type { Unit } from '../unit.ts'
import type { EgressCaps } from './gate/messages.ts'
import type { OpenDoor, Told } from './gate_process.ts'

export interface DoorsOptions {
  /** Opens a door that nobody is let through yet. Rejects where that cannot be. */
  readonly open: (told?: Told) => Promise<OpenDoor>
  /** Hears of each request that goes out by these doors. */
  readonly told?: Told | undefined
  readonly tenant: string
  readonly caps: EgressCaps
}

/** What a module of this name may reach now; `own`: see ModuleSource. */
export type GrantOf = (module: string, own: boolean) => EgressGrant

interface Visitor {
  readonly module: string
  readonly own: boolean
  readonly grant: EgressGrant
}

interface Held {
  readonly door: OpenDoor
  /** undefined: nobody's yet. `told`: settles when the door knows. */
  visitor?: Visitor & { readonly told: Promise<void> }
}

/** The doors of cells: each has one of its own, and is let through it as the module that it has become. */
export class Doors {
  readonly #options: DoorsOptions
  readonly #held = new Map<Cell, Held>()
  /** What holds now, whatever a unit was made with; undefined: nothing has changed since the first. */
  #grantOf: GrantOf | undefined

  constructor(options: DoorsOptions) {
    this.#options = options
  }

  /** A door for a cell that is about to be started. Rejects where there can be none. */
  open(): Promise<OpenDoor> {
    return this.#options.open(this.#options.told)
  }

  /** The cell that a door was opened for. The door goes with it, and it with the door. */
  hold(cell: Cell, door: OpenDoor): void {
    this.#held.set(cell, { door })
    void door.gone.then(() => cell.close())
    void cell.gone.then(() => {
      this.#held.delete(cell)
      return door[Symbol.asyncDispose]()
    })
  }

  /** Lets a cell out as this unit's module. Rejects where that cannot be, and ends the cell. */
  async assign(cell: Cell, { source: { name, own = false }, settings }: Unit): Promise<void> {
    const held = this.#held.get(cell)
    if (held === undefined) return
    const grant = this.#grantOf?.(name, own) ?? settings.egress
    if (held.visitor?.grant !== grant) this.#tell(cell, held, { module: name, own, grant })
    await held.visitor?.told
  }

  /** What modules may reach has changed: it holds for whatever is asked from now on. A cell whose door does not hear of it is ended. */
  async regrant(grantOf: GrantOf): Promise<void> {
    this.#grantOf = grantOf
    await Promise.allSettled([...this.#held].map(async ([cell, held]) => {
      const { visitor } = held
      if (visitor === undefined) return
      const { module, own } = visitor
      const grant = grantOf(module, own)
      if (grant !== visitor.grant) this.#tell(cell, held, { module, own, grant })
      await held.visitor?.told
    }))
  }

  #tell(cell: Cell, held: Held, visitor: Visitor): void {
    const { tenant, caps } = this.#options
    const { module, grant } = visitor
    const told = held.door.assign({ tenant, module, grant, caps })
    held.visitor = { ...visitor, told }
    told.catch(() => cell.close())
  }
}
