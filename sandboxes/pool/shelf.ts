import type { Unit } from '../unit.ts'
import type { Warm } from './warm.ts'

/** Assumed private memory of a runner that was never measured. */
const GUESS_BYTES = 8 << 20
/** A module that has harmed its own queries runs them apart for so long. */
const APART_MS = 10 * 60_000

/** The runners of one unit. */
export interface Shelf {
  readonly unit: Unit
  /** Those that have room for a query, most recently used last. */
  readonly free: Warm[]
  /** Queries that one of its runners may have at a time. */
  readonly atOnce: number
  live: number
  starting: number
  /** Queries that its runners have. */
  busy: number
  /** Runners of one query each that have had it and are not gone yet: what they leave behind must not be there for the next. */
  going: number
  /** Whether its runners may be made while another has a query: see Runner. */
  isAhead: boolean
  /** One was wanted meanwhile. */
  isWanted: boolean
  /** Queries no longer run on this unit. */
  retired: boolean
  /** Private memory that the last measured runner of this unit had. */
  typicalBytes: number
  /** What one of them held of memory that no file stands behind when it was loaded; undefined: there was none yet. */
  bornBytes: number | undefined
  /** When the next one may be started, after one that could not be. */
  notBefore: number
  /** Until then its runners have one query at a time. */
  apartUntil: number
}

export function makeShelf(unit: Unit): Shelf {
  const { runtime, source, introspection } = unit
  const atOnce = runtime.cells[runtime.smallestCell(source, introspection)]?.atOnce ?? 1
  return { unit, atOnce, free: [], live: 0, starting: 0, busy: 0, going: 0, isAhead: false, isWanted: false, retired: false, typicalBytes: GUESS_BYTES, bornBytes: undefined, notBefore: 0, apartUntil: 0 }
}

/** Takes room for one query on the most recently used runner; those that have ended are nobody's any more, and overdue ones come back. */
export function takeRoom(shelf: Shelf): Warm | undefined {
  for (;;) {
    const warm = shelf.free.at(-1)
    if (warm === undefined) return undefined
    const isDead = warm.runner.ended !== undefined
    if (!isDead && warm.overdue === 0 && warm.leases < queriesAtOnce(shelf)) {
      warm.leases += 1
      warm.mostLeases = Math.max(warm.mostLeases, warm.leases)
      if (warm.leases >= queriesAtOnce(shelf)) shelf.free.pop()
      return warm
    }
    shelf.free.pop()
  }
}

/** A runner has room again. */
export function putBack(shelf: Shelf, warm: Warm): void {
  warm.lastUsed = performance.now()
  takeAway(shelf, warm)
  if (warm.leases < queriesAtOnce(shelf)) shelf.free.push(warm)
}

export function takeAway(shelf: Shelf, warm: Warm): void {
  const at = shelf.free.indexOf(warm)
  if (at >= 0) shelf.free.splice(at, 1)
}

/** Whether a query that begins now would find what an earlier one left. Those that run at the same time may meet; one that comes after another may not. */
export function hasLeftovers({ going, busy }: Shelf): boolean {
  return going > 0 && busy === 0
}

/** Whether one more runner should be ready for whoever comes next, and may be. */
export function lacksNext({ free, starting, live, retired, unit }: Shelf): boolean {
  return !retired && free.length + starting === 0 && live < unit.settings.limits.runners
}

/** Whether nobody has looked yet what one of them takes. */
export function isGuessed({ typicalBytes }: Shelf): boolean {
  return typicalBytes === GUESS_BYTES
}

/** How many queries a runner of this unit may have now. */
export function queriesAtOnce({ atOnce, apartUntil }: Shelf): number {
  return apartUntil > 0 && performance.now() < apartUntil ? 1 : atOnce
}

export function runApart(shelf: Shelf): void {
  shelf.apartUntil = performance.now() + APART_MS
}

export function idleOf(shelf: Shelf): Warm[] {
  return shelf.free.filter(({ leases }) => leases === 0)
}

/** Whether nothing has to be remembered of it. */
export function isForgotten({ live, starting, busy, going, apartUntil }: Shelf): boolean {
  return live + starting + busy + going === 0 && performance.now() >= apartUntil
}
