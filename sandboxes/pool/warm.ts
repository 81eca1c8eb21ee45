import { MemoryWatch } from '../process/memory_watch.ts'
import { isUndoable } from '../process/priority.ts'
import { descendants } from '../process/process_tree.ts'
import type { Unit } from '../unit.ts'
import type { Runner } from '../wire/runner.ts'

const MEGABYTE = 1 << 20
/** What a query may use grows with its body: bytes, text and parsed values of it exist side by side. */
const MEMORY_PER_BODY_BYTE = 8

/** A runner that has become a module, and what is known of it. */
export interface Warm {
  readonly runner: Runner
  readonly unit: Unit
  /** Since it was loaded. */
  readonly memory: MemoryWatch
  /** When its start began, and when it had become the module. */
  readonly startedAt: number
  readonly readyAt: number
  /** Processes that were below it then: a program that it passes queries on to. */
  readonly belowAtLoad: readonly number[]
  /** Private memory when it was loaded, in bytes. */
  privateAtLoad: number
  lastUsed: number
  lastMeasured: number
  /** It runs behind others: it has not answered yet, or its query computes for long. */
  isBehind: boolean
  /** CPU time it had used when it was first seen at rest. */
  restingTicks: number | undefined
  /** Queries that it has now, and the most that it ever had at a time. */
  leases: number
  mostLeases: number
  /** Queries that it has answered. */
  served: number
  /** Of the bodies of the queries that it has now. */
  bodyBytes: number
  /** Queries whose deadline is over and that have not been ended: until they are, it gets no other, which would end with them. */
  overdue: number
  /** It gets no more queries, and ends when it has none. */
  leaving: boolean
  /** It has been given up without being ended: what becomes of it is of no interest here. */
  isLeft: boolean
}

/** `bornBytes`: what another runner of this unit held when it was loaded, which is what each of one template holds. */
export function makeWarm(runner: Runner, unit: Unit, { bornBytes, ...fields }: Pick<Warm, 'privateAtLoad' | 'startedAt'> & { readonly bornBytes: number | undefined }): Warm {
  return {
    ...fields, runner, unit,
    memory: new MemoryWatch(runner, runner.fromTemplate ? bornBytes : undefined),
    isBehind: isUndoable && !runner.isAhead,
    readyAt: performance.now(),
    belowAtLoad: runner.fromTemplate ? [] : descendants(runner.pid),
    lastUsed: performance.now(), lastMeasured: 0, restingTicks: undefined, leases: 0, mostLeases: 0, served: 0, bodyBytes: 0, overdue: 0, leaving: false, isLeft: false,
  }
}

/** Bytes that a runner may have more than when it was loaded. */
export function allowedGrowth({ runner, unit, mostLeases, bodyBytes }: Warm): number {
  return memoryLimit(runner, unit, mostLeases) + MEMORY_PER_BODY_BYTE * bodyBytes
}

/** Bytes that a runner may add to what it began with, for so many queries at a time, besides what their bodies take. */
export function memoryLimit({ spec: { memory } }: Runner, { settings: { limits } }: Unit, queries: number): number {
  return (memory === undefined ? limits.memoryMb : memory.baseMb + memory.perQueryMb * Math.max(1, queries)) * MEGABYTE
}

/** A runner of one query that kept this share of its memory limit is replaced; what many queries share is used again by them. */
const RETIRE_SHARE = 1 / 8
const SHARED_RETIRE_SHARE = 3 / 4

/** Whether a runner has kept so much that a new one is better. */
export function isOutgrown(warm: Warm): boolean {
  const share = warm.runner.atOnce === 1 ? RETIRE_SHARE : SHARED_RETIRE_SHARE
  return warm.memory.growth > memoryLimit(warm.runner, warm.unit, warm.mostLeases) * share
}
