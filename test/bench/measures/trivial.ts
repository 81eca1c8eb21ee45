import { perSecond } from '../load.ts'
import type { LoadJob, LoadResult } from '../load_job.ts'
import { type Context, interleave, type Measure, type Row } from '../measure.ts'
import { median, medianRatio, percentile } from '../median.ts'
import { type Server, startEcho, startOurs, startUpstream } from '../servers.ts'

const BODY = Buffer.from(JSON.stringify({ module: 'bench_trivial', text: 'x' }))

/** The cost of a query that does nothing: many clients, many connections, and one client alone. */
export const trivial: Measure = {
  name: 'trivial',
  goals: ['keepAlive', 'keepAliveEcho', 'newConnections', 'oneClientP50', 'oneClientP99'],
  seconds: 150,
  async measure(context) {
    const { children, python } = context
    await using upstream = await startUpstream(children, python)
    await using ours = await startOurs(children, python)
    await using echo = await startEcho(children)
    const servers = { upstream, ours, echo }
    for (const server of Object.values(servers)) await run(context, server, 32, 'keep', 1000)
    return [
      ...await keepAlive(context, servers),
      ...await newConnections(context, servers),
      ...await oneClient(context, servers),
    ]
  },
}

type Servers = {
  readonly upstream: Server
  readonly ours: Server
  readonly echo: Server
}

async function keepAlive(context: Context, servers: Servers): Promise<Row[]> {
  const results = await interleave(context.rounds, turns(servers, (server) => run(context, server, 32, 'keep', 1200)))
  const [upstream, ours, echo] = [rates(results.upstream), rates(results.ours), rates(results.echo)]
  return [
    { goal: 'keepAlive', figure: medianRatio(ours, upstream), unit: 'x', upstream: thousands(upstream), ours: thousands(ours) },
    { goal: 'keepAliveEcho', figure: medianRatio(ours, echo), unit: 'x', upstream: `echo ${thousands(echo)}`, ours: thousands(ours) },
  ]
}

async function newConnections(context: Context, { upstream, ours }: Servers): Promise<Row[]> {
  const both = turns({ upstream, ours }, (server) => run(context, server, 32, 'each', 1000))
  const results = await interleave(context.rounds, both)
  const [theirs, our] = [rates(results.upstream), rates(results.ours)]
  return [{ goal: 'newConnections', figure: medianRatio(our, theirs), unit: 'x', upstream: thousands(theirs), ours: thousands(our) }]
}

async function oneClient(context: Context, servers: Servers): Promise<Row[]> {
  const results = await interleave(context.rounds, turns(servers, (server) => run(context, server, 1, 'keep', 1000)))
  const p50 = (name: keyof Servers) => results[name].map(({ latencies }) => percentile(latencies, 0.5))
  const p99 = (name: keyof Servers) => results[name].map(({ latencies }) => percentile(latencies, 0.99))
  return [
    {
      goal: 'oneClientP50', figure: medianRatio(p50('ours'), p50('upstream')), unit: 'x',
      upstream: milliseconds(p50('upstream')), ours: milliseconds(p50('ours')),
    },
    {
      goal: 'oneClientP99', figure: medianRatio(p99('ours'), p99('echo')), unit: 'x',
      upstream: `${milliseconds(p99('upstream'))}, echo ${milliseconds(p99('echo'))}`, ours: milliseconds(p99('ours')),
    },
  ]
}

function run(
  { load, scale }: Context, { port, name }: Server, clients: number, connections: LoadJob['connections'], ms: number,
): Promise<LoadResult> {
  const stop = { afterMs: ms * scale }
  // The echo is no module and answers whatever it is asked.
  return load.runRight({ port, bodies: [BODY], clients, connections, stop, ...(name === 'bare echo' ? {} : { holds: 'constant' }) })
}

function turns<Name extends string>(
  servers: Record<Name, Server>, turn: (server: Server) => Promise<LoadResult>,
): Record<Name, () => Promise<LoadResult>> {
  const entries = Object.entries<Server>(servers).map(([name, server]) => [name, () => turn(server)])
  return Object.fromEntries(entries) as Record<Name, () => Promise<LoadResult>>
}

const rates = (results: readonly LoadResult[]) => results.map(perSecond)
const thousands = (values: readonly number[]) => `${(median(values) / 1000).toFixed(1)}k/s`
const milliseconds = (values: readonly number[]) => `${median(values).toFixed(2)} ms`
