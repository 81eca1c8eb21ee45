import { perSecond } from '../load.ts'
import { type Context, interleave, type Measure, type Row } from '../measure.ts'
import { median, medianRatio } from '../median.ts'
import { treeBytes } from '../memory.ts'
import { type Server, startOurs, startUpstream } from '../servers.ts'

const SLEEPERS = 32
const MEGABYTE = 1 << 20

/** Handlers side by side: those that wait, and those that compute. */
export const parallel: Measure = {
  name: 'parallel',
  goals: ['sleepers', 'sleepersMemory', 'computing'],
  seconds: 120,
  async measure(context) {
    const { children, python } = context
    await using upstream = await startUpstream(children, python)
    await using ours = await startOurs(children, python)
    return [...await sleepers(context, { upstream, ours }), await computing(context, { upstream, ours })]
  },
}

interface Both {
  readonly upstream: Server
  readonly ours: Server
}

async function sleepers(context: Context, { upstream, ours }: Both): Promise<Row[]> {
  // The first burst of our server, from no runner at all, is what the goals are about.
  const before = treeBytes(ours.pid)
  const first = sleep(context, ours)
  await new Promise((resolve) => setTimeout(resolve, 900))
  const each = (treeBytes(ours.pid) - before) / SLEEPERS / MEGABYTE
  const cold = await first
  const seconds = await interleave(context.rounds, { upstream: () => sleep(context, upstream), ours: () => sleep(context, ours) })
  const worst = Math.max(cold, median(seconds.ours))
  return [
    {
      goal: 'sleepers', figure: worst, unit: 's', upstream: `${median(seconds.upstream).toFixed(2)} s`,
      ours: `first ${cold.toFixed(2)} s, then ${median(seconds.ours).toFixed(2)} s`,
    },
    { goal: 'sleepersMemory', figure: each, unit: 'MB', ours: `${each.toFixed(2)} MB` },
  ]
}

/** Seconds that the whole burst took. */
async function sleep({ load }: Context, { port }: Server): Promise<number> {
  const bodies = [Buffer.from(JSON.stringify({ module: 'bench_sleeps' }))]
  const { ms } = await load.runRight({
    port, bodies, clients: SLEEPERS, connections: 'keep', stop: { afterRequests: SLEEPERS }, holds: 'slept',
  })
  return ms / 1000
}

async function computing(context: Context, { upstream, ours }: Both): Promise<Row> {
  const bodies = [Buffer.from(JSON.stringify({ module: 'bench_computes' }))]
  const rate = async ({ port }: Server) => perSecond(await context.load.runRight({
    port, bodies, clients: 4, connections: 'keep', stop: { afterMs: 1500 * context.scale }, holds: 'computed',
  }))
  await rate(ours)
  const rates = await interleave(context.rounds, { upstream: () => rate(upstream), ours: () => rate(ours) })
  const [theirs, our] = [median(rates.upstream), median(rates.ours)]
  return {
    goal: 'computing', figure: medianRatio(rates.ours, rates.upstream), unit: 'x',
    upstream: `${theirs.toFixed(1)}/s`, ours: `${our.toFixed(1)}/s`,
  }
}
