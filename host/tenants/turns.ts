import { availableParallelism } from 'node:os'
import type { Handle } from '../http/pieces.ts'

/** How often it is looked at. */
const LOOK_MS = 200
/** Of a processor: less than that is none. */
const IDLE = 0.05
/** Of a processor: so much above its part counts as no more than its part. */
const LENIENCE = 0.5
/** A request of a tenant that goes behind waits so long before the host looks at it. */
const BEHIND_MS = 10

/** One tenant's use of the processors, since the last look. */
export interface Use {
  /** Processors that it kept busy, on average. */
  readonly cores: number
  /** Queries that run at the moment. */
  readonly running: number
  /** What was found of it the last time. */
  readonly behind: boolean
}

/**
 * Which of them go behind, in their order: whoever takes more than an even part of the processors, or asks for more at once than that and
 * uses half of it. They get what the others leave, so that what a tenant notices of another that computes without end is little, and
 * nothing lies idle. Where that is next to nothing for one that wants it, nobody in front may have more than its part, so that nobody is
 * kept from running by others that take a little more each. Behind stays who still would.
 */
export function whoIsBehind(uses: readonly Use[], processors: number): boolean[] {
  // One that is behind may have nothing because it is.
  const active = uses.filter(({ cores, behind }) => cores > IDLE || behind).length
  // As if there were another: whoever comes finds the first behind already.
  const part = processors / Math.max(2, active)
  const wantsMore = ({ running }: Use): boolean => running > Math.max(1, part)
  const isOneStarved = uses.some((use) => use.behind && wantsMore(use) && use.cores < part / 4)
  const most = isOneStarved ? part : part + LENIENCE
  return uses.map((use) => {
    const { cores, behind } = use
    if (behind) return wantsMore(use) || cores > part / 2
    return cores > most || (wantsMore(use) && cores > part / 2)
  })
}

/** A tenant, as far as this is about it. */
export interface Taker {
  /** Milliseconds of processors; undefined: nobody knows. */
  readonly usedMs: () => number | undefined
  readonly running: () => number
  readonly behind: boolean
  readonly putBehind: (behind: boolean) => void
}

/** Puts tenants that take more than their part of the processors behind the others, again and again, until it is disposed of. */
export class Turns implements Disposable {
  readonly #takers: () => readonly Taker[]
  readonly #processors: number
  readonly #timer: NodeJS.Timeout
  #before = new Map<Taker, number>()
  #at = performance.now()

  constructor(takers: () => readonly Taker[], processors = availableParallelism()) {
    this.#takers = takers
    this.#processors = processors
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const now = performance.now()
    const ms = now - this.#at
    this.#at = now
    const before = this.#before
    this.#before = new Map()
    const takers: Taker[] = []
    const uses: Use[] = []
    for (const taker of this.#takers()) {
      const usedMs = taker.usedMs()
      if (usedMs === undefined) continue
      this.#before.set(taker, usedMs)
      takers.push(taker)
      uses.push({ cores: (usedMs - (before.get(taker) ?? usedMs)) / ms, running: taker.running(), behind: taker.behind })
    }
    for (const [at, behind] of whoIsBehind(uses, this.#processors).entries()) takers[at]!.putBehind(behind)
  }
}

/** A tenant that goes behind the others does so with what the host itself does for it as well: asking without a pause would take it from them. */
export function inTurn(handle: Handle, isBehind: () => boolean): Handle {
  return (req, res) => {
    if (!isBehind()) return handle(req, res)
    setTimeout(() => {
      // There may be nobody to answer any more.
      if (!res.destroyed) handle(req, res)
    }, BEHIND_MS)
  }
}
