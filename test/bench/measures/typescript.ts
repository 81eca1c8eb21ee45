import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { perSecond } from '../load.ts'
import type { LoadResult } from '../load_job.ts'
import { processBytes, tree, treeBytes } from '../memory.ts'
import { type Context, interleave, type Measure, type Row } from '../measure.ts'
import { median, medianRatio, percentile } from '../median.ts'
import { query } from '../request.ts'
import { type OurOptions, type Server, startEcho, startOurs, startUpstream, TYPESCRIPT_MODULES } from '../servers.ts'

const MEGABYTE = 1 << 20
/** Modules that no query has asked for yet. */
const COLD = 20
/** A spare process is started anew after each that was used. */
const SPARE_MS = 1000

/** A query to a module in an isolate that does nothing, and what a large body adds. */
export const typescript: Measure = {
  name: 'typescript',
  goals: ['tsKeepAlive', 'tsKeepAliveEcho', 'tsOneClientP50', 'tsBody', 'tsFresh'],
  seconds: 150,
  async measure(context) {
    const { children, python } = context
    await using upstream = await startUpstream(children, python)
    await using ours = await start(context)
    await using fresh = await start(context, { config: { isolates: { fresh: true } } })
    await using echo = await startEcho(children)
    const servers = { upstream, ours, echo }
    for (const server of [...Object.values(servers), fresh]) await trivially(context, server, 32, 1000)
    return [...await manyClients(context, servers), ...await oneClient(context, servers), ...await largeBody(context, servers), ...await freshly(context, fresh)]
  },
}

/** The first query of modules that nobody has asked yet, and what it costs to keep them. */
export const typescriptCold: Measure = {
  name: 'cold',
  goals: ['tsFromSpare', 'tsWithoutSpare', 'tsTwenty'],
  seconds: 120,
  async measure(context) {
    const root = join(context.children.folder, 'cold')
    await mkdir(join(root, 'expansion'), { recursive: true })
    const names = Array.from({ length: COLD }, (_, at) => `bench_ts_cold${at}`)
    for (const name of names) await copyFile(join(TYPESCRIPT_MODULES, 'expansion', 'bench_ts_trivial.ts'), join(root, 'expansion', `${name}.ts`))
    await using ours = await startOurs(context.children, context.python, { modules: root })
    const before = treeBytes(ours.pid)
    const fromSpare = await eachFirst(ours, names)
    const [host, ...others] = tree(ours.pid)
    const each = (treeBytes(ours.pid) - before) / names.length / MEGABYTE
    await using bare = await startOurs(context.children, context.python, { modules: root, config: { isolates: { spares: 0 } } })
    const without = await eachFirst(bare, names)
    const note = `tsTwenty: host ${Math.round(processBytes(host ?? 0) / MEGABYTE)} MB, ${others.length} processes`
    return [
      { goal: 'tsFromSpare', figure: median(fromSpare), unit: 'ms', ours: milliseconds(fromSpare) },
      { goal: 'tsWithoutSpare', figure: median(without), unit: 'ms', ours: milliseconds(without) },
      { goal: 'tsTwenty', figure: each, unit: 'MB', ours: `${each.toFixed(1)} MB each`, note },
    ]
  },
}

interface Servers {
  readonly upstream: Server
  readonly ours: Server
  readonly echo: Server
}

async function start({ children, python }: Context, options: OurOptions = {}): Promise<Server> {
  return await startOurs(children, python, { modules: TYPESCRIPT_MODULES, ...options })
}

async function manyClients(context: Context, servers: Servers): Promise<Row[]> {
  const { upstream, ours, echo } = await interleave(context.rounds, turns(servers, (server) => trivially(context, server, 32, 1200)))
  const rates = (results: readonly LoadResult[]): number[] => results.map(perSecond)
  const shown = (results: readonly LoadResult[]): string => `${(median(rates(results)) / 1000).toFixed(1)}k/s`
  return [
    { goal: 'tsKeepAlive', figure: medianRatio(rates(ours), rates(upstream)), unit: 'x', upstream: shown(upstream), ours: shown(ours) },
    { goal: 'tsKeepAliveEcho', figure: medianRatio(rates(ours), rates(echo)), unit: 'x', upstream: `echo ${shown(echo)}`, ours: shown(ours) },
  ]
}

async function oneClient(context: Context, { upstream, ours }: Servers): Promise<Row[]> {
  const results = await interleave(context.rounds, turns({ upstream, ours }, (server) => trivially(context, server, 1, 1000)))
  return [against('tsOneClientP50', results)]
}

async function largeBody(context: Context, { upstream, ours }: Servers): Promise<Row[]> {
  const text = 'x'.repeat(MEGABYTE)
  const ask = ({ port, name }: Server): Promise<LoadResult> => {
    const module = name === 'upstream' ? 'bench_measures_text' : 'bench_ts_body'
    const bodies = [Buffer.from(JSON.stringify({ module, text }))]
    return context.load.runRight({ port, bodies, clients: 1, connections: 'keep', stop: { afterRequests: 60 }, holds: `${MEGABYTE} characters` })
  }
  return [against('tsBody', await interleave(context.rounds, turns({ upstream, ours }, ask)))]
}

async function freshly(context: Context, server: Server): Promise<Row[]> {
  const { fresh } = await interleave(context.rounds, turns({ fresh: server }, (each) => trivially(context, each, 8, 1200)))
  const rate = median(fresh.map(perSecond))
  return [{ goal: 'tsFresh', figure: rate, ours: `${rate.toFixed(0)}/s` }]
}

function against(goal: 'tsOneClientP50' | 'tsBody', results: Record<'upstream' | 'ours', readonly LoadResult[]>): Row {
  const p50 = (name: 'upstream' | 'ours'): number[] => results[name].map(({ latencies }) => percentile(latencies, 0.5))
  return {
    goal, figure: medianRatio(p50('ours'), p50('upstream')), unit: 'x',
    upstream: milliseconds(p50('upstream')), ours: milliseconds(p50('ours')),
  }
}

/** One after the other, each when a spare process can be there again. */
async function eachFirst({ port }: Server, modules: readonly string[]): Promise<number[]> {
  const times: number[] = []
  for (const module of modules) {
    await new Promise((resolve) => setTimeout(resolve, SPARE_MS))
    const answer = await query(port, { module, text: 'x' })
    if (!answer?.text.includes('constant')) throw new Error(`${module} answered ${answer?.text}`)
    times.push(answer.ms)
  }
  return times
}

function trivially({ load, scale }: Context, { port, name }: Server, clients: number, ms: number): Promise<LoadResult> {
  const module = name === 'upstream' ? 'bench_trivial' : 'bench_ts_trivial'
  const bodies = [Buffer.from(JSON.stringify({ module, text: 'x' }))]
  // The echo is no module and answers whatever it is asked.
  return load.runRight({
    port, bodies, clients, connections: 'keep', stop: { afterMs: ms * scale }, ...(name === 'bare echo' ? {} : { holds: 'constant' }),
  })
}

function turns<Name extends string>(
  servers: Record<Name, Server>, turn: (server: Server) => Promise<LoadResult>,
): Record<Name, () => Promise<LoadResult>> {
  const entries = Object.entries<Server>(servers).map(([name, server]) => [name, () => turn(server)])
  return Object.fromEntries(entries) as Record<Name, () => Promise<LoadResult>>
}

const milliseconds = (values: readonly number[]): string => `${median(values).toFixed(2)} ms`
