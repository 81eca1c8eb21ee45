import type { LoadResult } from '../load_job.ts'
import type { Context, Measure } from '../measure.ts'
import { median, percentile } from '../median.ts'
import { query } from '../request.ts'
import { type Server, startOurs } from '../servers.ts'

/** Seconds after which our server ends what never ends by itself. */
const ROUND_SECONDS = 5
const CORES = 2
/** A p95 this short is good enough, whatever it was before. */
const GOOD_ENOUGH_MS = 5

/** What a trivial module's callers notice of others that misbehave. Upstream does not survive an exit: only ours is measured. */
export const hostile: Measure = {
  name: 'hostile',
  goals: ['hostileMix', 'hostileSpinning', 'hostileLost'],
  seconds: 180,
  async measure(context) {
    await using ours = await startOurs(context.children, context.python)
    await watch(context, ours, 1000)
    const mix = await contrast(context, ours, (signal) => Promise.all([
      ...Array.from({ length: 10 }, () => once(ours, 'bench_hangs')),
      once(ours, 'bench_spins'),
      again(ours, 'bench_exits', signal),
      again(ours, 'bench_eats', signal),
    ]))
    const spinning = await contrast(context, ours, () =>
      Promise.all(Array.from({ length: CORES }, () => once(ours, 'bench_spins'))))
    const lost = mix.lost + spinning.lost
    return [
      { goal: 'hostileMix', figure: mix.ratio, unit: 'x', ours: described(mix) },
      {
        goal: 'hostileSpinning', figure: spinning.ratio, unit: 'x', ours: described(spinning),
        met: spinning.ratio <= 2 || spinning.among <= GOOD_ENOUGH_MS,
      },
      { goal: 'hostileLost', figure: lost, ours: `${lost} of ${mix.asked + spinning.asked}`, ...oddest(mix, spinning) },
    ]
  },
}

interface Contrast {
  /** p95 in milliseconds, the median of the rounds: alone, and among the others. */
  readonly alone: number
  readonly among: number
  /** Median of the rounds' ratios. */
  readonly ratio: number
  readonly asked: number
  readonly lost: number
  readonly odd: string | undefined
}

/** The trivial module alone and among others, in turns. `disturb` settles when the others are over. */
async function contrast(context: Context, ours: Server, disturb: (signal: AbortSignal) => Promise<unknown>): Promise<Contrast> {
  const alone: number[] = []
  const among: number[] = []
  const results: LoadResult[] = []
  for (let round = 0; round < context.rounds; round += 1) {
    const before = await watch(context, ours, 2000)
    const stop = new AbortController()
    const over = disturb(stop.signal)
    await new Promise((resolve) => setTimeout(resolve, 500))
    const during = await watch(context, ours, 3000)
    stop.abort()
    await over
    // What was killed is buried and replaced before the next round begins.
    await new Promise((resolve) => setTimeout(resolve, 300))
    alone.push(percentile(before.latencies, 0.95))
    among.push(percentile(during.latencies, 0.95))
    results.push(before, during)
  }
  return {
    alone: median(alone),
    among: median(among),
    ratio: median(among.map((value, round) => value / (alone[round] ?? Number.NaN))),
    asked: results.reduce((sum, { answered, failed }) => sum + answered + failed, 0),
    lost: results.reduce((sum, { failed, wrong }) => sum + failed + wrong, 0),
    odd: results.find(({ odd }) => odd !== undefined)?.odd,
  }
}

/** One client of the trivial module. */
function watch({ load, scale }: Context, { port }: Server, ms: number): Promise<LoadResult> {
  const bodies = [Buffer.from(JSON.stringify({ module: 'bench_trivial' }))]
  // Below 3 s the disturbance would outlast what is measured; it cannot be scaled.
  const stop = { afterMs: scale < 1 ? ms / 2 : ms }
  return load.run({ port, bodies, clients: 1, connections: 'keep', stop, holds: 'constant' })
}

function once({ port }: Server, module: string): Promise<unknown> {
  return query(port, { module, timeout: ROUND_SECONDS })
}

async function again(server: Server, module: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await once(server, module)
}

function described({ alone, among }: Contrast): string {
  return `${alone.toFixed(2)} ms, among others ${among.toFixed(2)} ms`
}

function oddest(...contrasts: readonly Contrast[]): { note?: string } {
  const odd = contrasts.find((contrast) => contrast.odd !== undefined)?.odd
  return odd === undefined ? {} : { note: `a lost query: ${odd.slice(0, 300)}` }
}
