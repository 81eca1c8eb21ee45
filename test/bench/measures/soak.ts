import type { Context, Measure } from '../measure.ts'
import { descriptors, processBytes, tree, treeBytes } from '../memory.ts'
import { query } from '../request.ts'
import { type Server, startOurs } from '../servers.ts'

const MEGABYTE = 1 << 20
const WARM_QUERIES = 2000
const QUERIES = 20_000
const KILLS = 200
/** Kills go out in bursts of this many, half by the module's own exit and half by the deadline. */
const BURST = 20
const REST_MS = 10_000

/** Whether a server that has worked for long, and has had to kill much, is still what it was. */
export const soak: Measure = {
  name: 'soak',
  goals: ['soakMemory', 'soakDescriptors'],
  seconds: 150,
  async measure(context) {
    await using ours = await startOurs(context.children, context.python)
    const early = await stateAfter(context, ours, WARM_QUERIES, BURST)
    const late = await stateAfter(context, ours, QUERIES - WARM_QUERIES, KILLS - BURST)
    const growth = (late.tree - early.tree) / MEGABYTE
    return [
      {
        goal: 'soakMemory', figure: growth, unit: 'MB', ours: `${megabytes(early.tree)}, then ${megabytes(late.tree)}`,
        note: `soak: host ${megabytes(early.host)} then ${megabytes(late.host)}; processes ${early.processes} then ${late.processes}`,
      },
      {
        goal: 'soakDescriptors', figure: late.descriptors - early.descriptors,
        ours: `${early.descriptors}, then ${late.descriptors}`,
      },
    ]
  },
}

interface State {
  readonly tree: number
  readonly host: number
  readonly processes: number
  readonly descriptors: number
}

/** Bytes, processes and the host's descriptors ten seconds after so many queries and kills. */
async function stateAfter({ load }: Context, server: Server, queries: number, kills: number): Promise<State> {
  const burstQueries = queries / (kills / BURST)
  for (let done = 0; done < kills; done += BURST) {
    const bodies = [Buffer.from(JSON.stringify({ module: 'bench_trivial' }))]
    await Promise.all([
      load.runRight({ port: server.port, bodies, clients: 8, connections: 'keep', stop: { afterRequests: burstQueries }, holds: 'constant' }),
      ...Array.from({ length: BURST / 2 }, () => query(server.port, { module: 'bench_exits' })),
      ...Array.from({ length: BURST / 2 }, () => query(server.port, { module: 'bench_hangs', timeout: 1 })),
    ])
  }
  await new Promise((resolve) => setTimeout(resolve, REST_MS))
  const { pid } = server
  return { tree: treeBytes(pid), host: processBytes(pid), processes: tree(pid).length, descriptors: descriptors(pid) }
}

const megabytes = (bytes: number) => `${(bytes / MEGABYTE).toFixed(1)} MB`
