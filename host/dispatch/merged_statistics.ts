import type { Counts, Snapshot } from './statistics.ts'

/** Of several hosts in one process: their totals together, their modules as `host/module`. */
export function mergedStatistics(snapshots: readonly (readonly [host: string, Snapshot])[], none: Snapshot): Snapshot {
  const all = [none, ...snapshots.map(([, snapshot]) => snapshot)]
  return {
    startedAt: Math.min(...all.map(({ startedAt }) => startedAt)),
    uptimeSeconds: Math.max(...all.map(({ uptimeSeconds }) => uptimeSeconds)),
    totals: all.map(({ totals }) => totals).reduce(sumOf),
    modules: snapshots.flatMap(([host, { modules }]) => modules.map(({ name, ...rest }) => ({ name: `${host}/${name}`, ...rest }))),
  }
}

function sumOf(a: Counts, b: Counts): Counts {
  const last = (a.lastCompletedAt ?? 0) > (b.lastCompletedAt ?? 0) ? a : b
  return {
    queries: a.queries + b.queries,
    completed: a.completed + b.completed,
    successes: a.successes + b.successes,
    moduleErrors: a.moduleErrors + b.moduleErrors,
    exceptions: a.exceptions + b.exceptions,
    timeouts: a.timeouts + b.timeouts,
    requestBytes: a.requestBytes + b.requestBytes,
    responseBytes: a.responseBytes + b.responseBytes,
    lastQueryAt: one(Math.max, a.lastQueryAt, b.lastQueryAt),
    lastCompletedAt: last.lastCompletedAt,
    seconds: {
      total: a.seconds.total + b.seconds.total,
      min: one(Math.min, a.seconds.min, b.seconds.min),
      max: one(Math.max, a.seconds.max, b.seconds.max),
      last: last.seconds.last,
    },
    buckets: a.buckets.map(({ bound, count }, at) => ({ bound, count: count + (b.buckets[at]?.count ?? 0) })),
  }
}

/** Of those that are there. */
function one(choose: (...values: number[]) => number, a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return choose(a, b)
}
