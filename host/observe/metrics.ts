import type { Metric, Registry } from 'prom-client'
import type { Durations } from '../dispatch/durations.ts'
import type { Counts } from '../dispatch/statistics.ts'
import type { Host } from '../host.ts'

/** One of the hosts that are counted. */
export interface MetricsSource {
  readonly host: Host
  /** Bytes of request bodies that are held. */
  readonly bodyBytes: () => number
  /** What tells it from the others. */
  readonly labels: Readonly<Record<string, string>>
}

export interface MetricsParts {
  readonly sources: () => readonly MetricsSource[]
  /** Whether those of the process are there too: they tell of all that it does. */
  readonly ofProcess: boolean
  /** Requests that came to none of them, by why; where they are for whoever reads. */
  readonly refused?: () => readonly { readonly reason: string; readonly count: number }[]
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
async function makeRegistry({ sources, ofProcess, refused }: MetricsParts): Promise<Registry> {
  const { Registry, collectDefaultMetrics } = await import('prom-client')
  const registry = new Registry()
  if (ofProcess) collectDefaultMetrics({ register: registry })
  for (const { samples, ...family } of FAMILIES) {
    registry.registerMetric(asMetric(family, () => sources().flatMap((source) => samples(source).map((sample) => ({ ...sample, labels: { ...source.labels, ...sample.labels } })))))
  }
  if (refused !== undefined) registry.registerMetric(asMetric(REFUSED, () => refused().map(({ reason, count }) => ({ labels: { reason }, value: count }))))
  return registry
}

interface Sample {
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
  /** Where it is not the family's. */
  readonly metricName?: string
}

interface Described {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
}

interface Family extends Described {
  readonly samples: (source: MetricsSource) => readonly Sample[]
}

/** The registry asks a metric for its samples and for nothing else; prom-client's own ones want to be told of each query as it ends. */
function asMetric({ name, help, type }: Described, values: () => readonly Sample[]): Metric {
  const get = async (): Promise<object> => ({ name: PREFIX + name, help, type, aggregator: 'sum', values: values() })
  return { name: PREFIX + name, help, get } as unknown as Metric
}

const PREFIX = 'misp_module_host_'

const REFUSED: Described = {
  name: 'requests_refused_total', help: 'Requests that were answered before they came to a tenant, by why: without a key, for another port, while modules are loaded.', type: 'counter',
}

const gauge = (name: string, help: string, value: (source: MetricsSource) => number): Family => ({
  name, help, type: 'gauge', samples: (source) => [{ labels: {}, value: value(source) }],
})

const FAMILIES: readonly Family[] = [
  {
    name: 'queries_total', help: 'Queries by module and how they ended; `other`: modules that are not loaded.', type: 'counter',
    samples: ({ host }) => host.measured.outcomes.snapshot().map(({ module, outcome, count }) => ({ labels: { module, outcome }, value: count })),
  },
  {
    name: 'query_duration_seconds', help: 'From a query to its answer, of modules that were asked.', type: 'histogram',
    samples: ({ host }) => host.statistics.snapshot(host.catalogue()).modules.filter(({ counts }) => counts.completed > 0)
      .flatMap(({ name: module, counts }) => histogram('query_duration_seconds', { module }, durationsOf(counts))),
  },
  {
    name: 'queue_wait_seconds', help: 'Waiting for a runner, the start of one included.', type: 'histogram',
    samples: ({ host }) => histogram('queue_wait_seconds', {}, host.measured.waits.snapshot()),
  },
  gauge('queue_queries', 'Queries that wait for a runner.', ({ host }) => host.admission.status().waiting),
  gauge('queue_body_bytes', 'Bodies of queries that wait for a runner.', ({ host }) => host.admission.status().waitingBytes),
  gauge('queries_running', 'Queries that runners are at.', ({ host }) => host.admission.status().running),
  {
    name: 'runners', help: 'Runners by module and state.', type: 'gauge',
    samples: ({ host }) => [...host.pool.status().states]
      .flatMap(([module, states]) => Object.entries(states).map(([state, value]) => ({ labels: { module, state }, value }))),
  },
  {
    name: 'runner_ends_total', help: 'Runners that have ended, by reason; SHUTTING_DOWN: one that was let go.', type: 'counter',
    samples: ({ host }) => host.measured.ends.snapshot().map(({ reason, count }) => ({ labels: { reason }, value: count })),
  },
  {
    name: 'egress_requests_total', help: 'Requests of modules to the network by module and verdict, in the profile strict.', type: 'counter',
    samples: ({ host }) => host.measured.egress.snapshot().map(({ module, verdict, count }) => ({ labels: { module, verdict }, value: count })),
  },
  {
    name: 'module_changes_total', help: 'Modules that were loaded, reloaded, removed or did not load.', type: 'counter',
    samples: ({ host }) => [...host.events.counts].map(([result, value]) => ({ labels: { result }, value })),
  },
  gauge('modules_loaded', 'Modules that can be asked.', ({ host }) => host.catalogue().loaded.size),
  gauge('modules_not_loaded', 'Files that claim to be a module and do not load.', ({ host }) => host.catalogue().notLoaded.length),
  gauge('runners_private_bytes', 'Memory that only runners have.', ({ host }) => host.pool.status().privateBytes),
  gauge('request_body_bytes', 'Request bodies that are held.', ({ bodyBytes }) => bodyBytes()),
  gauge('answer_bytes', 'Answers that are held, of those of more than 64 KB.', ({ host }) => host.answers.held()),
]

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
