import { rm } from 'node:fs/promises'
import { encoded } from '../../compat/offline_case.ts'
import { type Context, interleave, type Measure, type Row } from '../measure.ts'
import { median } from '../median.ts'
import { answerOf, query } from '../request.ts'
import { launchOurs, launchUpstream, newState, type Server, startUpstream } from '../servers.ts'

/** How often a starting server is asked. */
const POLL_MS = 5
const PATIENCE_MS = 60_000

const PYMISP = {
  module: 'csvimport',
  data: encoded('ip-dst,domain\n1.2.3.4,example.com\n'),
  config: { header: 'ip-dst,domain', has_header: '1', special_delimiter: ',' },
}

/** From the command to a server that can be used. */
export const start: Measure = {
  name: 'start',
  goals: ['startFull', 'startEmpty', 'firstPymisp'],
  seconds: 240,
  async measure(context) {
    const modules = await listedUpstream(context)
    const state = await newState(context.children)
    await untilListed(() => launchOurs(context.children, context.python, { state }), modules)
    return [...await fullListing(context, state, modules), await firstAnswer(context, state)]
  },
}

async function fullListing(context: Context, state: string, modules: number): Promise<Row[]> {
  const { children, python, rounds } = context
  const times = await interleave(rounds, {
    upstream: () => untilListed(() => launchUpstream(children, python), modules),
    full: () => untilListed(() => launchOurs(children, python, { state }), modules),
    empty: () => emptyStart(context, modules),
  })
  const [upstream, full, empty] = [median(times.upstream), median(times.full), median(times.empty)]
  return [
    { goal: 'startFull', figure: full / upstream, unit: 'x', upstream: seconds(upstream), ours: seconds(full) },
    { goal: 'startEmpty', figure: empty / upstream, unit: 'x', upstream: seconds(upstream), ours: seconds(empty) },
  ]
}

async function emptyStart(context: Context, modules: number): Promise<number> {
  const state = await newState(context.children)
  try {
    return await untilListed(() => launchOurs(context.children, context.python, { state }), modules)
  } finally {
    await rm(state, { recursive: true, force: true })
  }
}

async function firstAnswer(context: Context, state: string): Promise<Row> {
  const { children, python, rounds } = context
  const times = await interleave(rounds, {
    upstream: () => untilAnswered(() => launchUpstream(children, python)),
    ours: () => untilAnswered(() => launchOurs(children, python, { state })),
  })
  const [upstream, ours] = [median(times.upstream), median(times.ours)]
  return { goal: 'firstPymisp', figure: ours / upstream, unit: 'x', upstream: seconds(upstream), ours: seconds(ours) }
}

/** How many modules are in a full listing: as many as upstream has in the same environment. */
async function listedUpstream({ children, python }: Context): Promise<number> {
  await using upstream = await startUpstream(children, python)
  return countListed((await answerOf(upstream.port, 'GET', '/modules'))?.text)
}

/** Milliseconds from the command until `/modules` lists them all. The server is ended. */
async function untilListed(launch: () => Promise<Server>, modules: number): Promise<number> {
  let last = 0
  return await timed(launch, async ({ port }) => {
    last = countListed((await answerOf(port, 'GET', '/modules'))?.text)
    return last >= modules
  }, () => `/modules lists ${last} of ${modules}`)
}

async function untilAnswered(launch: () => Promise<Server>): Promise<number> {
  let last: string | undefined
  return await timed(launch, async ({ port }) => {
    last = (await query(port, PYMISP))?.text
    return last?.includes('1.2.3.4') ?? false
  }, () => `the last answer was ${last ?? 'none'}`)
}

async function timed(launch: () => Promise<Server>, done: (server: Server) => Promise<boolean>, state: () => string): Promise<number> {
  const begin = performance.now()
  await using server = await launch()
  for (;;) {
    if (await done(server)) return performance.now() - begin
    if (performance.now() - begin > PATIENCE_MS) throw new Error(`${server.name}: ${state()}; ${server.log().slice(-1000)}`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

function countListed(text: string | undefined): number {
  try {
    const listing: unknown = JSON.parse(text ?? '')
    return Array.isArray(listing) ? listing.length : 0
  } catch {
    return 0
  }
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`
