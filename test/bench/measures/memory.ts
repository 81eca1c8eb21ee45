import type { Context, Measure, Row } from '../measure.ts'
import { commandLine, processBytes, tree, treeBytes } from '../memory.ts'
import { query } from '../request.ts'
import { type Server, startOurs, startUpstream } from '../servers.ts'
import { listed } from './first_queries.ts'

const MEGABYTE = 1 << 20
const BUDGET_MB = 512
const SETTLE_MS = 3000
const REAPED_WITHIN_MS = 60_000

/** Modules that an instance may well have in use; about half of them load pymisp. */
const TWENTY = [
  'abuseipdb', 'asn_history', 'btc_steroids', 'circl_passivedns', 'circl_passivessl', 'countrycode', 'csvimport', 'cve', 'dns',
  'domaintools', 'geoip_country', 'greynoise', 'hashlookup', 'ipasn', 'mispjson', 'openiocimport', 'shodan', 'urlhaus', 'virustotal',
  'whois', 'yara_export', 'yara_query', 'sigma_queries', 'threatfox',
]

/** Proportional set size of whole process trees. */
export const memory: Measure = {
  name: 'memory',
  goals: ['memoryUp', 'memoryTwenty', 'memoryAll'],
  seconds: 150,
  measure: inUse,
}

/** What is left of our server when it had nothing to do for a while: before any query, and after every module had one. */
export const memoryIdle: Measure = {
  name: 'idle',
  goals: ['memoryReaped', 'memoryAllBack'],
  seconds: 200,
  measure: reaped,
}

/** Both servers with nothing, twenty and all of their modules in use. */
async function inUse({ children, python }: Context): Promise<Row[]> {
  await using upstream = await startUpstream(children, python)
  await using ours = await startOurs(children, python)
  const names = await listed(ours)
  const twenty = TWENTY.filter((name) => names.includes(name)).slice(0, 20)
  const rows: Row[] = []
  for (const [goal, modules] of [['memoryUp', []], ['memoryTwenty', twenty], ['memoryAll', names]] as const) {
    for (const module of modules) await Promise.all([upstream, ours].map(({ port }) => query(port, { module })))
    await new Promise((resolve) => setTimeout(resolve, goal === 'memoryAll' ? 0 : SETTLE_MS))
    rows.push(goal === 'memoryAll' ? withinBudget(upstream, ours) : against(goal, upstream, ours))
  }
  return rows
}

function against(goal: 'memoryUp' | 'memoryTwenty', upstream: Server, ours: Server): Row {
  const [theirs, our] = [treeBytes(upstream.pid), treeBytes(ours.pid)]
  return { goal, figure: our / theirs, unit: 'x', upstream: megabytes(theirs), ours: megabytes(our), note: `${goal}: ${holders(ours)}` }
}

function withinBudget(upstream: Server, ours: Server): Row {
  const [theirs, our] = [treeBytes(upstream.pid), treeBytes(ours.pid)]
  const allowed = 0.7 * theirs + BUDGET_MB * MEGABYTE
  return {
    goal: 'memoryAll', figure: our / MEGABYTE, met: our <= allowed, unit: 'MB',
    upstream: `${megabytes(theirs)}, so ${megabytes(allowed)}`, ours: megabytes(our), note: `memoryAll: ${holders(ours)}`,
  }
}

async function reaped({ children, python }: Context): Promise<Row[]> {
  await using upstream = await startUpstream(children, python)
  await using ours = await startOurs(children, python, { config: SOON_IDLE })
  const names = await listed(ours)
  const theirs = treeBytes(upstream.pid)
  const before = await untilReaped(ours)
  for (const module of names) await query(ours.port, { module })
  const after = await untilReaped(ours)
  const row = (goal: 'memoryReaped' | 'memoryAllBack', bytes: number): Row =>
    ({ goal, figure: bytes / theirs, unit: 'x', upstream: megabytes(theirs), ours: megabytes(bytes) })
  return [row('memoryReaped', before), row('memoryAllBack', after)]
}

/** Runners and fork servers that nobody needs go after two seconds. */
const SOON_IDLE = { pool: { idleSeconds: 2 }, python: { idleSeconds: 2 } }

/** Bytes of the tree once our server has no process but its own. */
async function untilReaped(server: Server): Promise<number> {
  const { pid } = server
  const end = performance.now() + REAPED_WITHIN_MS
  while (tree(pid).length > 1) {
    if (performance.now() > end) {
      const left = tree(pid).slice(1).map(commandLine).join(' | ')
      throw new Error(`after ${REAPED_WITHIN_MS / 1000} idle seconds there are still processes: ${left}; ${server.log().slice(-500)}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  return treeBytes(pid)
}

/** Who holds the memory: the host, and its descendants by size. */
function holders({ pid }: Server): string {
  const [host = 0, ...others] = tree(pid).map(processBytes).map((bytes) => Math.round(bytes / MEGABYTE))
  return `host ${host} MB, ${others.length} processes ${others.sort((a, b) => b - a).slice(0, 12).join(' + ')}${others.length > 12 ? ' + ...' : ''} MB`
}

const megabytes = (bytes: number) => `${(bytes / MEGABYTE).toFixed(0)} MB`
