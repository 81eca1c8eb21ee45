import type { ChildProcess } from 'node:child_process'
import type { Account } from './trusted.ts'

/** Cells that run at a time, each as an account of its own; those beyond have to wait for one to end. */
const MOST = 4096

/** The accounts that cells run as: where there is a range, each cell that lives has another one. */
export class Slots {
  readonly #first: Account | undefined
  readonly #apart: boolean
  readonly #taken = new Set<number>()

  /** `first`: the account of all cells or, where they are to be `apart`, of the first; undefined: the host's own, which is all there is. */
  constructor(first: Account | undefined, apart: boolean) {
    this.#first = first
    this.#apart = apart && first !== undefined
  }

  /** Starts a process as an account that no other cell has until it has ended. Throws where there is none left. */
  start(start: (account: Account | undefined) => ChildProcess): ChildProcess {
    const first = this.#first
    if (first === undefined || !this.#apart) return start(first)
    const slot = this.#free()
    const child = start({ uid: first.uid + slot, gid: first.gid + slot })
    this.#taken.add(slot)
    for (const end of ['exit', 'error'] as const) child.once(end, () => this.#taken.delete(slot))
    return child
  }

  #free(): number {
    for (let slot = 0; slot < MOST; slot += 1) if (!this.#taken.has(slot)) return slot
    throw new Error(`all ${MOST} accounts of cells are in use`)
  }
}
