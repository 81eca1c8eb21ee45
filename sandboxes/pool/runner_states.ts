import { idleOf, type Shelf } from './shelf.ts'

/** How many runners a module has in which state. */
export interface RunnerStates {
  readonly idle: number
  readonly busy: number
  readonly starting: number
}

export interface PoolStatus {
  readonly runners: number
  readonly busy: number
  readonly starting: number
  readonly privateBytes: number
  readonly modules: Readonly<Record<string, number>>
  readonly states: ReadonlyMap<string, RunnerStates>
}

/** Counts runners by the name of their module: of one there may be several versions. */
export function runnersByModule(shelves: Iterable<Shelf>): Pick<PoolStatus, 'modules' | 'states'> {
  const states = new Map<string, RunnerStates>()
  for (const shelf of shelves) {
    const { unit, live, starting } = shelf
    if (live + starting === 0) continue
    const { name } = unit.source
    const known = states.get(name) ?? { idle: 0, busy: 0, starting: 0 }
    const idle = idleOf(shelf).length
    states.set(name, { idle: known.idle + idle, busy: known.busy + live - idle, starting: known.starting + starting })
  }
  const live = [...states].map(([name, { idle, busy }]) => [name, idle + busy] as const).filter(([, runners]) => runners > 0)
  return { modules: Object.fromEntries(live), states }
}
