import type { LoadResult } from './load_job.ts'
import type { Context } from './measure.ts'
import { median, percentile } from './median.ts'
import type { Server } from './servers.ts'

export interface Contrast {
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
export async function contrast(context: Context, ours: Pick<Server, 'port'>, disturb: (signal: AbortSignal) => Promise<unknown>): Promise<Contrast> {
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
export function watch({ load, scale }: Context, { port }: Pick<Server, 'port'>, ms: number): Promise<LoadResult> {
  const bodies = [Buffer.from(JSON.stringify({ module: 'bench_trivial' }))]
  // Below 3 s the disturbance would outlast what is measured; it cannot be scaled.
  const stop = { afterMs: scale < 1 ? ms / 2 : ms }
  return load.run({ port, bodies, clients: 1, connections: 'keep', stop, holds: 'constant' })
}

export function described({ alone, among }: Contrast): string {
  return `${alone.toFixed(2)} ms, among others ${among.toFixed(2)} ms`
}

export function oddest(...contrasts: readonly Contrast[]): { note?: string } {
  const odd = contrasts.find((found) => found.odd !== undefined)?.odd
  return odd === undefined ? {} : { note: `a lost query: ${odd.slice(0, 300)}` }
}
