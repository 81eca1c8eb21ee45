/** What one of those that share a bound holds of it. */
export interface Share {
  /** Takes bytes where there is room for them, or takes nothing and says false. */
  take(bytes: number): boolean
  /** Takes bytes that are held already, room or not. */
  hold(bytes: number): void
  give(bytes: number): void
  /** Takes bytes as soon as there is room, in the order of those that wait in this share; `entered` is called if that is later. */
  enter(bytes: number, entered: () => void): Entry
  /** In bytes. */
  held(): number
}

/** Bytes that are held, or waited for. */
export interface Entry {
  readonly bytes: number
  readonly waits: boolean
  /** Gives them back, or waits no longer. Once. */
  leave(): void
}

interface Waiting {
  readonly share: Share
  readonly bytes: number
  readonly entered: () => void
}

/**
 * A bound of bytes that several share. Each may hold what the others leave, and in any case an equal part among those that hold any: who
 * has taken all is in nobody's way. So `n` of them hold at most `1 + 1/2 + … + 1/n` times the bound, and one alone the bound.
 */
export class SharedBytes {
  readonly #limit: number
  readonly #held = new Map<Share, number>()
  readonly #waiting = new Set<Waiting>()
  #total = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** By all together, in bytes. */
  readonly held = (): number => this.#total

  share(): Share {
    const share: Share = {
      take: (bytes) => {
        if (!this.#fits(share, bytes)) return false
        this.#add(share, bytes)
        return true
      },
      hold: (bytes) => this.#add(share, bytes),
      give: (bytes) => {
        this.#add(share, -bytes)
        this.#admit()
      },
      enter: (bytes, entered) => this.#enter({ share, bytes, entered }),
      held: () => this.#of(share),
    }
    return share
  }

  #enter(waiting: Waiting): Entry {
    const { share, bytes } = waiting
    this.#waiting.add(waiting)
    if ([...this.#waiting].find((each) => each.share === share) === waiting && this.#mayEnter(waiting)) this.#move(waiting)
    const isWaiting = (): boolean => this.#waiting.has(waiting)
    return {
      bytes,
      get waits() {
        return isWaiting()
      },
      leave: () => {
        if (this.#waiting.delete(waiting)) this.#admit()
        else share.give(bytes)
      },
    }
  }

  /** Lets in who finds room now; nobody overtakes another of the same share. */
  #admit(): void {
    const behind = new Set<Share>()
    for (const waiting of this.#waiting) {
      if (behind.has(waiting.share)) continue
      if (this.#mayEnter(waiting)) {
        this.#move(waiting)
        waiting.entered()
      } else {
        behind.add(waiting.share)
      }
    }
  }

  #move(waiting: Waiting): void {
    this.#waiting.delete(waiting)
    this.#add(waiting.share, waiting.bytes)
  }

  /** What is larger than the bound comes when there is nothing else. */
  #mayEnter({ share, bytes }: Waiting): boolean {
    return this.#total === 0 || this.#fits(share, bytes)
  }

  #fits(share: Share, bytes: number): boolean {
    const own = this.#of(share)
    const others = this.#held.size - (own > 0 ? 1 : 0)
    return own + bytes <= Math.max(this.#limit - (this.#total - own), this.#limit / (others + 1))
  }

  #of(share: Share): number {
    return this.#held.get(share) ?? 0
  }

  #add(share: Share, bytes: number): void {
    const held = this.#of(share) + bytes
    this.#total += bytes
    if (held === 0) this.#held.delete(share)
    else this.#held.set(share, held)
  }
}
