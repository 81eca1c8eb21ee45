import type { Samples } from '../support/samples.ts'
import type { Children } from './children.ts'
import type { GoalName } from './goals.ts'
import type { Load } from './load.ts'

/** What a measure has at hand. */
export interface Context {
  readonly python: string
  /** Processes that are started here end with the measure. */
  readonly children: Children
  readonly load: Load
  readonly samples: Samples
  /** How often a comparison is repeated, the servers taking turns. */
  readonly rounds: number
  /** Scales how long a server is under load: 1, less when the run is to be quick. */
  readonly scale: number
}

/** One line of the result. */
export interface Row {
  readonly goal: GoalName
  /** What the goal is about, in the goal's unit. */
  readonly figure: number
  /** Instead of the bound: for a goal with an alternative. */
  readonly met?: boolean
  /** The figures behind it, as they are printed. */
  readonly upstream?: string
  readonly ours: string
  readonly unit?: 'x' | 's' | 'ms' | 'MB' | 'MB/s'
  /** What helps to understand the figure; printed below the table. */
  readonly note?: string
}

export interface Measure {
  readonly name: string
  readonly goals: readonly GoalName[]
  /** After this long the measure is given up. */
  readonly seconds: number
  measure(context: Context): Promise<Row[]>
}

/** Calls in turn, `rounds` times round: whatever else the machine does meets all of them alike. */
export async function interleave<Name extends string, Value>(
  rounds: number, turns: Record<Name, () => Promise<Value>>,
): Promise<Record<Name, Value[]>> {
  const names = Object.keys(turns) as Name[]
  const values = Object.fromEntries(names.map((name) => [name, [] as Value[]])) as Record<Name, Value[]>
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) values[name].push(await turns[name]())
  }
  return values
}
