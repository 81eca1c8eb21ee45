import { Budget } from './budget.ts'
import { Door } from './door.ts'
import type { FromGate, ToGate } from './messages.ts'

/** The doors of the egress process, and what the tenants behind them have used. */
export class Gate {
  readonly #doors = new Map<string, Promise<Door>>()
  readonly #budgets = new Map<string, Budget>()
  readonly #say: (message: FromGate) => void
  readonly #servers: readonly string[] | undefined

  constructor(say: (message: FromGate) => void, servers?: readonly string[]) {
    this.#say = say
    this.#servers = servers
  }

  /** Does what the host says, and says when it is done. */
  async obey(message: ToGate): Promise<void> {
    try {
      await this.#do(message)
      this.#say({ type: 'done', id: message.id })
    } catch (error) {
      this.#say({ type: 'failed', id: message.id, error: (error as Error).message })
    }
  }

  async #do(message: ToGate): Promise<void> {
    const { door: id } = message
    if (message.type === 'open') {
      if (this.#doors.has(id)) throw new Error(`there is a door ${id} already`)
      const door = Door.open({
        id, path: message.path, servers: this.#servers, budgetOf: (tenant) => this.#budgetOf(tenant),
        audited: (audit) => this.#say({ type: 'audit', audit }),
      })
      this.#doors.set(id, door)
      door.catch(() => this.#doors.delete(id))
      await door
      return
    }
    const door = await this.#doors.get(id)
    if (door === undefined) throw new Error(`there is no door ${id}`)
    if (message.type === 'assign') return door.assign(message.visitor)
    this.#doors.delete(id)
    await door.close()
  }

  #budgetOf(tenant: string): Budget {
    let budget = this.#budgets.get(tenant)
    if (budget === undefined) {
      budget = new Budget()
      this.#budgets.set(tenant, budget)
    }
    return budget
  }
}
