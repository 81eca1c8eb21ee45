import { contrast, described, oddest, watch } from '../contrast.ts'
import type { Measure } from '../measure.ts'
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

function once({ port }: Server, module: string): Promise<unknown> {
  return query(port, { module, timeout: ROUND_SECONDS })
}

async function again(server: Server, module: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await once(server, module)
}
