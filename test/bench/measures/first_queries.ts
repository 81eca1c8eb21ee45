import { interleave, type Measure } from '../measure.ts'
import { median, percentile } from '../median.ts'
import { answerOf } from '../request.ts'
import { type Server, startOurs } from '../servers.ts'

/** The first query of every module, one after the other, after the server is up and rested: nothing of them is warm. */
export const firstQueries: Measure = {
  name: 'first',
  goals: ['firstQueryMedian', 'firstQueryP95'],
  seconds: 240,
  async measure({ children, python, load, rounds }) {
    const { times } = await interleave(Math.min(rounds, 3), {
      times: async () => {
        await using ours = await startOurs(children, python)
        const names = await listed(ours)
        // The fork servers import pymisp while the server already answers; the goal is about a server that is up.
        await new Promise((resolve) => setTimeout(resolve, 3000))
        const bodies = names.map((module) => Buffer.from(JSON.stringify({ module })))
        const { latencies } = await load.runRight({
          port: ours.port, bodies, clients: 1, connections: 'keep', stop: { afterRequests: names.length },
        })
        return new Map(names.map((name, index) => [name, latencies[index] ?? Number.NaN]))
      },
    })
    const middle = median(times.map((each) => median([...each.values()])))
    const late = median(times.map((each) => percentile([...each.values()], 0.95)))
    const note = `slowest first queries: ${slowest(times[0])}`
    return [
      { goal: 'firstQueryMedian', figure: middle, unit: 'ms', ours: `${middle.toFixed(1)} ms` },
      { goal: 'firstQueryP95', figure: late, unit: 'ms', ours: `${late.toFixed(1)} ms`, note },
    ]
  },
}

/** Names of upstream's own modules, as a server lists them. */
export async function listed({ port }: Server): Promise<string[]> {
  const end = performance.now() + COMPLETE_WITHIN_MS
  for (let before = -1; ;) {
    const text = (await answerOf(port, 'GET', '/modules'))?.text ?? '[]'
    const names = (JSON.parse(text) as { name: string }[]).map(({ name }) => name).filter((name) => !name.startsWith('bench_'))
    if ((names.length > 0 && names.length === before) || performance.now() > end) return names
    before = names.length
    await new Promise((resolve) => setTimeout(resolve, 1500))
  }
}

/** A listing that did not grow for a moment is taken for complete; one that grows is waited for this long. */
const COMPLETE_WITHIN_MS = 60_000

function slowest(times: ReadonlyMap<string, number> | undefined): string {
  return [...(times ?? [])].sort((a, b) => b[1] - a[1]).slice(0, 12).map(([name, ms]) => `${name} ${ms.toFixed(0)}`).join(', ')
}
