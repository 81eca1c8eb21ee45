import { fileURLToPath } from 'node:url'
import { type Context, interleave, type Measure, type Row } from '../measure.ts'
import { median } from '../median.ts'
import { query } from '../request.ts'
import { type Server, startOurs, startProvider } from '../servers.ts'

const MODULES = fileURLToPath(new URL('../../fixtures/bench_egress', import.meta.url))
/** Requests of one query: what else a query takes is in one without any, and taken off. */
const TIMES = 40
const BODY = 128 << 20
const MEGABYTE = 1 << 20

type Servers = Record<'trusted' | 'confined', Server>

/** What it costs to reach a provider by the door of a cell and the egress process, against a connection of the module's own. */
export const strictEgress: Measure = {
  name: 'strict-egress',
  goals: ['egressPython', 'egressTypeScript', 'egressThroughput'],
  seconds: 120,
  async measure(context) {
    const { children, python } = context
    await using provider = await startProvider(children)
    const granted = { enabled: true, hosts: ['127.0.0.1'], networks: ['127.0.0.1/32'], ports: [provider.port] }
    const start = (profile: string): Promise<Server> => startOurs(children, python, { modules: MODULES, config: {
      host: { profile },
      // What is measured is what it takes and not what a tenant may have of it.
      egress: { requestsPerMinute: 1_000_000, mbPerMinute: 1_000_000 },
      modules: { '*': { enabled: false }, bench_asks: granted, bench_ts_asks: granted },
    } })
    await using trusted = await start('trusted')
    await using confined = await start('strict')
    const servers = { trusted, confined }
    const url = `http://127.0.0.1:${provider.port}`
    return [
      await overhead('egressPython', context, servers, { module: 'bench_asks', url }),
      await overhead('egressTypeScript', context, servers, { module: 'bench_ts_asks', url }),
      await throughput(context, servers, `${url}/bytes/${BODY}`),
    ]
  },
}

async function overhead(goal: 'egressPython' | 'egressTypeScript', { rounds }: Context, servers: Servers, asked: { module: string; url: string }): Promise<Row> {
  const each = async (server: Server): Promise<number> => (await took(server, { ...asked, times: TIMES }) - await took(server, { ...asked, times: 0 })) / TIMES
  for (const server of Object.values(servers)) await each(server)
  const ms = await interleave(2 * rounds, { trusted: () => each(servers.trusted), confined: () => each(servers.confined) })
  const [direct, through] = [median(ms.trusted), median(ms.confined)]
  return { goal, figure: through - direct, unit: 'ms', upstream: `trusted ${direct.toFixed(2)} ms`, ours: `${through.toFixed(2)} ms` }
}

async function throughput({ rounds }: Context, servers: Servers, url: string): Promise<Row> {
  const rate = async (server: Server): Promise<number> => (BODY / MEGABYTE) / (await took(server, { module: 'bench_asks', url, times: 1 }) / 1000)
  const rates = await interleave(rounds, { trusted: () => rate(servers.trusted), confined: () => rate(servers.confined) })
  const [direct, through] = [median(rates.trusted), median(rates.confined)]
  return { goal: 'egressThroughput', figure: through, unit: 'MB/s', upstream: `trusted ${direct.toFixed(0)} MB/s`, ours: `${through.toFixed(0)} MB/s` }
}

/** Milliseconds until a query was answered rightly. */
async function took({ port }: Server, body: { module: string; times: number; url: string }): Promise<number> {
  const answer = await query(port, body)
  const { results } = JSON.parse(answer?.text ?? '{}') as { results?: number }
  if (typeof results !== 'number' || (results > 0) !== (body.times > 0)) throw new Error(`${body.module} answered ${answer?.text}`)
  return answer?.ms ?? Number.NaN
}
