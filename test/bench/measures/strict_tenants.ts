import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TenantFiles, type TenantForTest } from '../../support/tenants.ts'
import { freePort } from '../../support/upstream.ts'
import { contrast, described, oddest } from '../contrast.ts'
import { type Context, interleave, type Measure, type Row } from '../measure.ts'
import { median } from '../median.ts'
import { tree, treeBytes } from '../memory.ts'
import { answerOf, query } from '../request.ts'
import { MODULES, type Server, startOurs } from '../servers.ts'

const MEGABYTE = 1 << 20
/** Seconds after which the host ends what never ends by itself. */
const ROUND_SECONDS = 5
const FLOOD = 16
const IDLE = 100
const SETTLE_MS = 3000
const ATTACKS = ['bench_spins', 'bench_eats', 'forks_forever'] as const
const BOMBS = fileURLToPath(new URL('../../fixtures/hostile_strict/expansion/', import.meta.url))

/** What one tenant of the profile strict notices of another that attacks, and what tenants cost that do and do not ask. */
export const strictTenants: Measure = {
  name: 'strict-tenants',
  goals: ['tenantAttacked', 'tenantActive', 'tenantsIdle'],
  seconds: 300,
  async measure(context) {
    return [...await attacked(context), await idle(context)]
  },
}

async function attacked(context: Context): Promise<Row[]> {
  const [attackers, attackeds] = [await freePort(), await freePort()]
  using files = new TenantFiles({
    tenants: {
      attacker: { files: { ...copies(['bench_spins.py', 'bench_eats.py', 'bench_trivial.py']), ...bombs() }, entry: { listen: { port: attackers } } },
      attacked: { files: copies(['bench_trivial.py']), entry: { listen: { port: attackeds } } },
    },
    config: { host: { profile: 'strict' } },
  })
  await using server = await startTenants(context, files)
  await settled()
  const before = treeBytes(server.pid)
  await untilAnswered(attackeds)
  await settled()
  const active = (treeBytes(server.pid) - before) / MEGABYTE
  await untilAnswered(attackers)
  await armed(attackers)
  const found = await contrast(context, { port: attackeds }, (signal) => attack(attackers, signal))
  return [
    {
      goal: 'tenantAttacked', figure: found.ratio, unit: 'x', ours: described(found), ...oddest(found),
      // To be quick about losing them would be no use.
      ...(found.lost > 0 && { met: false }),
    },
    { goal: 'tenantActive', figure: active, unit: 'MB', ours: `${active.toFixed(1)} MB PSS` },
  ]
}

/** An attack by modules that are not there would be none. */
async function armed(port: number): Promise<void> {
  const listing = await answerOf(port, 'GET', '/modules')
  for (const name of ATTACKS) if (!listing?.text.includes(`"${name}"`)) throw new Error(`the attacker has no ${name}: ${listing?.text.slice(0, 500)}`)
}

/** Loops, bombs of memory, bombs of processes, and more queries than are its part; over when each has been ended. */
async function attack(port: number, signal: AbortSignal): Promise<void> {
  const again = async (module: string): Promise<void> => {
    while (!signal.aborted) await query(port, { module, timeout: ROUND_SECONDS })
  }
  await Promise.all([
    ...Array.from({ length: 4 }, () => query(port, { module: 'bench_spins', timeout: ROUND_SECONDS })),
    again('bench_eats'), again('forks_forever'),
    ...Array.from({ length: FLOOD }, () => again('bench_trivial')),
  ])
}

/** A host with one tenant, and one with a hundred more that nobody asks. */
async function idle(context: Context): Promise<Row> {
  const bytes = async (tenants: number): Promise<{ bytes: number; processes: number }> => {
    const names = Array.from({ length: tenants }, (_, at) => [`tenant${at}`, { entry: { shared: ['bench_trivial'], listen: undefined } }] as const)
    using files = new TenantFiles({ tenants: Object.fromEntries<TenantForTest>(names), config: { host: { profile: 'strict' } } })
    await using server = await startTenants(context, files)
    await settled()
    return { bytes: treeBytes(server.pid), processes: tree(server.pid).length }
  }
  const found = await interleave(Math.min(context.rounds, 3), { one: () => bytes(1), many: () => bytes(1 + IDLE) })
  const of = (all: readonly { bytes: number }[]): number => median(all.map((each) => each.bytes / MEGABYTE))
  const [one, many] = [of(found.one), of(found.many)]
  return {
    goal: 'tenantsIdle', figure: many - one, unit: 'MB', ours: `${many.toFixed(1)} MB, without them ${one.toFixed(1)} MB`,
    note: `idle tenants: ${found.many[0]?.processes} processes with them, ${found.one[0]?.processes} without`,
  }
}

function startTenants({ children, python }: Context, files: TenantFiles): Promise<Server> {
  return startOurs(children, python, { configFile: files.configFile, modules: files.root('operator') })
}

function copies(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [`expansion/${name}`, readFileSync(join(MODULES, 'expansion', name), 'utf8')]))
}

function bombs(): Record<string, string> {
  return Object.fromEntries(['bombs.pl', 'forks_forever.module.json'].map((name) => [`expansion/${name}`, readFileSync(join(BOMBS, name), 'utf8')]))
}

/** A tenant is served a moment after the host is. */
async function untilAnswered(port: number): Promise<void> {
  const end = performance.now() + 60_000
  while (!(await query(port, { module: 'bench_trivial' }))?.text.includes('constant')) {
    if (performance.now() > end) throw new Error('a tenant gets no answer')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
}
