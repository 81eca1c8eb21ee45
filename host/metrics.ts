import type { Metric, Registry } from 'prom-client'
import type { Durations } from './dispatch/durations.ts'
import type { Counts } from './dispatch/statistics.ts'
import type { Host } from './host.ts'

export interface MetricsParts {
  readonly host: Host
  /** Bytes of request bodies that are held. */
  readonly bodyBytes: () => number
}

/** Everything that `GET /metrics` has: what the host counts anyway, put into Prometheus' form when somebody asks. */
export function metricsOf(parts: MetricsParts): () => Promise<{ readonly type: string; readonly text: string }> {
  let making: Promise<Registry> | undefined
  return async () => {
    const registry = await (making ??= makeRegistry(parts))
    return { type: registry.contentType, text: await registry.metrics() }
  }
}

/** Loaded when it is first asked for: most hosts are never asked. */
async function makeRegistry({ host, bodyBytes }: MetricsParts): Promise<Registry> {
  const { Registry, collectDefaultMetrics } = await import('prom-client')
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const family of familiesOf(host, bodyBytes)) registry.registerMetric(asMetric(family))
  return registry
}

interface Sample {
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
  /** Where it is not the family's. */
  readonly metricName?: string
}

interface Family {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly samples: () => readonly Sample[]
}

/** The registry asks a metric for its samples and for nothing else; prom-client's own ones want to be told of each query as it ends. */
function asMetric({ name, help, type, samples }: Family): Metric {
  const get = async (): Promise<object> => ({ name: PREFIX + name, help, type, aggregator: 'sum', values: samples() })
  return { name: PREFIX + name, help, get } as unknown as Metric
}

const PREFIX = 'misp_module_host_'

function familiesOf({ statistics, catalogue, measured, pool, admission, events }: Host, bodyBytes: () => number): readonly Family[] {
  const reloads = new Map<string, number>()
  for (const { kind } of events.since(0)) reloads.set(kind, (reloads.get(kind) ?? 0) + 1)
  events.subscribe(({ kind }) => reloads.set(kind, (reloads.get(kind) ?? 0) + 1))
  const gauge = (name: string, help: string, value: () => number): Family => ({ name, help, type: 'gauge', samples: () => [{ labels: {}, value: value() }] })
  return [
    {
      name: 'queries_total', help: 'Queries by module and how they ended; `other`: modules that are not loaded.', type: 'counter',
      samples: () => measured.outcomes.snapshot().map(({ module, outcome, count }) => ({ labels: { module, outcome }, value: count })),
    },
    {
      name: 'query_duration_seconds', help: 'From a query to its answer, of modules that were asked.', type: 'histogram',
      samples: () => statistics.snapshot(catalogue()).modules.filter(({ counts }) => counts.completed > 0)
        .flatMap(({ name: module, counts }) => histogram('query_duration_seconds', { module }, durationsOf(counts))),
    },
    {
      name: 'queue_wait_seconds', help: 'Waiting for a runner, the start of one included.', type: 'histogram',
      samples: () => histogram('queue_wait_seconds', {}, measured.waits.snapshot()),
    },
    gauge('queue_queries', 'Queries that wait for a runner.', () => admission.status().waiting),
    gauge('queue_body_bytes', 'Bodies of queries that wait for a runner.', () => admission.status().waitingBytes),
    gauge('queries_running', 'Queries that runners are at.', () => admission.status().running),
    {
      name: 'runners', help: 'Runners by module and state.', type: 'gauge',
      samples: () => [...pool.status().states].flatMap(([module, states]) => Object.entries(states).map(([state, value]) => ({ labels: { module, state }, value }))),
    },
    {
      name: 'runner_ends_total', help: 'Runners that have ended, by reason; SHUTTING_DOWN: one that was let go.', type: 'counter',
      samples: () => measured.ends.snapshot().map(({ reason, count }) => ({ labels: { reason }, value: count })),
    },
    {
      name: 'module_changes_total', help: 'Modules that were loaded, reloaded, removed or did not load.', type: 'counter',
      samples: () => [...reloads].map(([result, value]) => ({ labels: { result }, value })),
    },
    gauge('modules_loaded', 'Modules that can be asked.', () => catalogue().loaded.size),
    gauge('modules_not_loaded', 'Files that claim to be a module and do not load.', () => catalogue().notLoaded.length),
    gauge('runners_private_bytes', 'Memory that only runners have.', () => pool.status().privateBytes),
    gauge('request_body_bytes', 'Request bodies that are held.', bodyBytes),
  ]
}

function durationsOf({ completed, seconds, buckets }: Counts): Durations {
  return { count: completed, seconds: seconds.total, buckets }
}

function histogram(name: string, labels: Readonly<Record<string, string>>, { count, seconds, buckets }: Durations): Sample[] {
  const bounded = buckets.map(({ bound, count: value }) => ({ labels: { ...labels, le: bound }, value, metricName: `${PREFIX}${name}_bucket` }))
  return [
    ...bounded,
    { labels: { ...labels, le: '+Inf' }, value: count, metricName: `${PREFIX}${name}_bucket` },
    { labels, value: seconds, metricName: `${PREFIX}${name}_sum` },
    { labels, value: count, metricName: `${PREFIX}${name}_count` },
  ]
}
