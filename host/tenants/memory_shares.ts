import type { Tenant } from './tenant.ts'

/** What runners hold is counted anew after so long: it is asked for at each start of one. */
const FRESH_MS = 50

/**
 * How much of the memory of all runners each tenant may use: what the others leave, and in any case an equal part among those that have
 * runners. So one that has taken all is in the way of nobody: a tenant that comes starts runners at once, and those of the first are
 * not replaced as they end.
 */
export class MemoryShares {
  readonly #bytes: number
  readonly #tenants: () => readonly Tenant[]
  #used = new Map<string, number>()
  #countedAt = -Infinity

  constructor(bytes: number, tenants: () => readonly Tenant[]) {
    this.#bytes = bytes
    this.#tenants = tenants
  }

  /** In bytes, now. */
  of(name: string): number {
    this.#count()
    let others = 0
    let usedByOthers = 0
    for (const [each, bytes] of this.#used) {
      if (each === name) continue
      others += 1
      usedByOthers += bytes
    }
    return Math.max(this.#bytes - usedByOthers, this.#bytes / (others + 1))
  }

  #count(): void {
    const now = performance.now()
    if (now - this.#countedAt < FRESH_MS) return
    this.#countedAt = now
    this.#used = new Map()
    for (const { name, opened: { host } } of this.#tenants()) {
      const { runners, starting, privateBytes } = host.pool.status()
      if (runners + starting > 0) this.#used.set(name, privateBytes)
    }
  }
}
