import { OFFLINE_MODULES } from '../../compat/offline_modules.ts'
import type { GoalName } from '../goals.ts'
import { perSecond } from '../load.ts'
import { type Context, interleave, type Measure, type Row } from '../measure.ts'
import { median, medianRatio } from '../median.ts'
import { type Server, startOurs, startProvider, startUpstream } from '../servers.ts'

interface Subject {
  readonly module: string
  readonly eight: GoalName
  readonly one: GoalName
}

const OFFLINE: readonly Subject[] = [
  { module: 'countrycode', eight: 'countrycode8', one: 'countrycode1' },
  { module: 'docx_enrich', eight: 'docx8', one: 'docx1' },
  { module: 'stix2_pattern_syntax_validator', eight: 'stix8', one: 'stix1' },
  { module: 'csvimport', eight: 'csv8', one: 'csv1' },
  { module: 'yara_export', eight: 'yara8', one: 'yara1' },
]
const PROVIDER: Subject = { module: 'hashlookup', eight: 'provider8', one: 'provider1' }

/** Upstream's own modules with real inputs, and one that asks a provider. */
export const realModules: Measure = {
  name: 'real',
  goals: [...OFFLINE, PROVIDER].flatMap(({ eight, one }) => [eight, one]),
  seconds: 240,
  async measure(context) {
    const { children, python } = context
    await using upstream = await startUpstream(children, python)
    await using ours = await startOurs(children, python)
    await using provider = await startProvider(children)
    const rows: Row[] = []
    for (const subject of OFFLINE) rows.push(...await compare(context, { upstream, ours }, subject, offlineCase(context, subject.module)))
    rows.push(...await compare(context, { upstream, ours }, PROVIDER, lookup(provider)))
    return rows
  },
}

interface Case {
  readonly body: object
  readonly holds?: string
}

/** The query that the compatibility tests send to the same module. */
function offlineCase({ samples }: Context, module: string): Case {
  const found = OFFLINE_MODULES.find((offline) => offline.module === module)
  if (found === undefined) throw new Error(`the compatibility tests have no query for ${module}`)
  const body = found.body(samples)
  // An exported file is encoded, so that its text cannot be looked for.
  return 'data' in body && !('config' in body) && Array.isArray(body.data) ? { body, holds: '"data"' } : { body, holds: found.holds }
}

function lookup({ port }: Server): Case {
  const attribute = { type: 'md5', value: '8ed4b4ed952526d89899e723f3488de4', uuid: '5a4e1f6c-1c68-4f2a-9d52-0a6d3b8f7e11' }
  return { body: { attribute, config: { custom_API: `http://127.0.0.1:${port}` } }, holds: 'evil.exe' }
}

async function compare(
  context: Context, servers: { upstream: Server; ours: Server }, subject: Subject, { body, holds }: Case,
): Promise<Row[]> {
  const bodies = [Buffer.from(JSON.stringify({ module: subject.module, ...body }))]
  const rate = async ({ port }: Server, clients: number, ms: number) => perSecond(await context.load.runRight({
    port, bodies, clients, connections: 'keep', stop: { afterMs: ms * context.scale }, ...(holds === undefined ? {} : { holds }),
  }))
  for (const server of [servers.upstream, servers.ours]) await rate(server, 8, 1000)
  const rows: Row[] = []
  for (const [clients, goal] of [[8, subject.eight], [1, subject.one]] as const) {
    const rates = await interleave(context.rounds, {
      upstream: () => rate(servers.upstream, clients, 800),
      ours: () => rate(servers.ours, clients, 800),
    })
    const [upstream, ours] = [median(rates.upstream), median(rates.ours)]
    rows.push({ goal, figure: medianRatio(rates.ours, rates.upstream), unit: 'x', upstream: `${upstream.toFixed(0)}/s`, ours: `${ours.toFixed(0)}/s` })
  }
  return rows
}
