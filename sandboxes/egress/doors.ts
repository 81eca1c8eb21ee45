import type { Cell } from '../cell/cell.ts'
import type { EgressGrant } from '../contract.ts'
import type { Unit } from '../unit.ts'
import type { EgressCaps } from './gate/messages.ts'
import type { OpenDoor } from './gate_process.ts'

export interface DoorsOptions {
  /** Opens a door that nobody is let through yet. Rejects where that cannot be. */
  readonly open: () => Promise<OpenDoor>
  readonly tenant: string
  readonly caps: EgressCaps
}

interface Held {
  readonly door: OpenDoor
  /** undefined: nobody's yet. */
  visitor?: { readonly module: string; grant: EgressGrant }
}

/** The doors of cells: each has one of its own, and is let through it as the module that it has become. */
export class Doors {
  readonly #options: DoorsOptions
  readonly #held = new Map<Cell, Held>()

  constructor(options: DoorsOptions) {
    this.#options = options
  }

  /** A door for a cell that is about to be started. Rejects where there can be none. */
  open(): Promise<OpenDoor> {
    return this.#options.open()
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

  /** Lets a cell out as this unit's module. */
  async assign(cell: Cell, { source: { name }, settings: { egress } }: Unit): Promise<void> {
    const held = this.#held.get(cell)
    if (held === undefined || held.visitor?.grant === egress) return
    held.visitor = { module: name, grant: egress }
    await this.#tell(held.door, name, egress)
  }

  /** What modules may reach has changed: it holds for whatever is asked from now on. */
  async regrant(grantOf: (module: string) => EgressGrant): Promise<void> {
    await Promise.all([...this.#held.values()].map(async ({ door, visitor }) => {
      if (visitor === undefined) return
      const grant = grantOf(visitor.module)
      if (grant === visitor.grant) return
      visitor.grant = grant
      await this.#tell(door, visitor.module, grant)
    }))
  }

  async #tell(door: OpenDoor, module: string, grant: EgressGrant): Promise<void> {
    const { tenant, caps } = this.#options
    await door.assign({ tenant, module, grant, caps })
  }
}
