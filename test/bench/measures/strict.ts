import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { perSecond } from '../load.ts'
import type { LoadResult } from '../load_job.ts'
import { type Context, interleave, type Measure, type Row } from '../measure.ts'
import { median, percentile } from '../median.ts'
import { query } from '../request.ts'
import { MODULES, type Server, startOurs, TYPESCRIPT_MODULES } from '../servers.ts'

/** A spare that was taken is replaced 300 ms later, and starts then. */
const SPARE_MS = 2000
/** Modules that no query has asked for yet. */
const COLD = 8
/** Only what is measured is described: in the profile strict each module is described in a cell. */
const FEW = { '*': { enabled: false }, 'bench_trivial*': { enabled: true }, 'bench_ts_trivial*': { enabled: true } }

/** What it costs that each query begins with nothing of the one before, in a cell of its module, against the profile trusted. */
export const strict: Measure = {
  name: 'strict',
  goals: ['strictPython', 'strictPythonMany', 'strictIsolate', 'strictFirst'],
  seconds: 180,
  async measure(context) {
    const root = join(context.children.folder, 'strict')
    await mkdir(join(root, 'expansion'), { recursive: true })
    const cold = Array.from({ length: COLD }, (_, at) => `bench_trivial${at}`)
    for (const name of cold) await copyFile(join(MODULES, 'expansion', 'bench_trivial.py'), join(root, 'expansion', `${name}.py`))
    await copyFile(join(TYPESCRIPT_MODULES, 'expansion', 'bench_ts_trivial.ts'), join(root, 'expansion', 'bench_ts_trivial.ts'))
    const start = (profile: string): Promise<Server> => startOurs(context.children, context.python, { modules: root, config: { host: { profile }, modules: FEW } })
    await using trusted = await start('trusted')
    await using confined = await start('strict')
    const servers = { trusted, confined }
    for (const server of Object.values(servers)) for (const module of ['bench_trivial', 'bench_ts_trivial']) await load(context, server, module, 1, 500)
    const python = await interleave(context.rounds, turns(servers, (server) => load(context, server, 'bench_trivial', 1, 1000)))
    const many = await interleave(context.rounds, turns(servers, (server) => load(context, server, 'bench_trivial', 8, 1000)))
    const isolate = await interleave(context.rounds, turns(servers, (server) => load(context, server, 'bench_ts_trivial', 1, 1000)))
    return [p50('strictPython', python), rate('strictPythonMany', many), p50('strictIsolate', isolate), await first(servers, cold)]
  },
}

function turns(servers: Record<'trusted' | 'confined', Server>, measure: (server: Server) => Promise<LoadResult>): Record<'trusted' | 'confined', () => Promise<LoadResult>> {
  return { trusted: () => measure(servers.trusted), confined: () => measure(servers.confined) }
}

function load(context: Context, { port }: Server, module: string, clients: number, ms: number): Promise<LoadResult> {
  const bodies = [Buffer.from(JSON.stringify({ module, text: 'x' }))]
  return context.load.runRight({ port, bodies, clients, connections: 'keep', stop: { afterMs: ms * context.scale }, holds: 'constant' })
}

type Results = Record<'trusted' | 'confined', readonly LoadResult[]>

function p50(goal: 'strictPython' | 'strictIsolate', results: Results): Row {
  const of = (name: keyof Results): number => median(results[name].map(({ latencies }) => percentile(latencies, 0.5)))
  return { goal, figure: of('confined'), unit: 'ms', upstream: `trusted ${of('trusted').toFixed(2)} ms`, ours: `${of('confined').toFixed(1)} ms` }
}

function rate(goal: 'strictPythonMany', results: Results): Row {
  const of = (name: keyof Results): number => median(results[name].map(perSecond))
  return { goal, figure: of('confined'), upstream: `trusted ${of('trusted').toFixed(0)}/s`, ours: `${of('confined').toFixed(0)}/s` }
}

/** Of modules that nobody has asked, one after the other, each when there is a spare again. */
async function first({ trusted, confined }: Record<'trusted' | 'confined', Server>, modules: readonly string[]): Promise<Row> {
  const times = { trusted: [] as number[], confined: [] as number[] }
  for (const module of modules) {
    await delay(SPARE_MS)
    for (const [name, { port }] of [['trusted', trusted], ['confined', confined]] as const) {
      const answer = await query(port, { module, text: 'x' })
      if (!answer?.text.includes('constant')) throw new Error(`${module} answered ${answer?.text}`)
      times[name].push(answer.ms)
    }
  }
  const [fast, slow] = [median(times.trusted), median(times.confined)]
  return { goal: 'strictFirst', figure: slow, unit: 'ms', upstream: `trusted ${fast.toFixed(0)} ms`, ours: `${slow.toFixed(0)} ms` }
}
