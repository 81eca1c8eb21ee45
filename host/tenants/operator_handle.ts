import type { Logger } from 'pino'
import { QueryFailure } from '../../sandboxes/failure.ts'
import { treeBytes } from '../../sandboxes/process/process_tree.ts'
import type { SharedBytes } from '../../sandboxes/shared_bytes.ts'
import type { Config } from '../config/config.ts'
import { moduleSettings } from '../config/module_settings.ts'
import { OPERATOR } from '../config/tenants.ts'
import { mergedStatistics } from '../dispatch/merged_statistics.ts'
import { makeStatistics } from '../dispatch/statistics.ts'
import type { Ground } from '../ground/ground.ts'
import { addOverview } from '../http/api/routes.ts'
import type { Handle, Pieces } from '../http/pieces.ts'
import { createServer } from '../http/server.ts'
import { layersOf } from '../observe/layers.ts'
import { ALL } from '../make_handle.ts'
import { metricsOf } from '../observe/metrics.ts'
import { makeCatalogue } from '../registry/catalogue.ts'
import type { ModuleEvents } from '../registry/events.ts'
import { reasonOf, runtimesOf } from '../observe/status.ts'
import type { Refusals } from './refusals.ts'
import type { Tenant } from './tenant.ts'

/** All tenants, as they are now. */
export interface Overseen {
  readonly all: readonly Tenant[]
  readonly config: Config
  readonly events: ModuleEvents
  readonly bytes: SharedBytes
  readonly answers: SharedBytes
  readonly refusals: Refusals
}

export interface OperatorParts {
  readonly tenants: Overseen
  readonly ground: Ground
  readonly log: Logger
  readonly ending: AbortSignal
}

/** Answers whoever runs the host: what is counted and what happens, of all tenants. It has no modules, and asks none. */
export async function operatorHandle({ tenants, ground, log, ending }: OperatorParts): Promise<Handle> {
  const { server } = tenants.config
  const catalogue = makeCatalogue([], [])
  const own = makeStatistics({ catalogue: () => catalogue, answerBytes: () => 0 })
  const pieces: Pieces = {
    tenant: OPERATOR,
    catalogue: () => catalogue,
    ask: () => Promise.reject(new QueryFailure('FORBIDDEN', 'the operator has no modules')),
    settings: (module) => moduleSettings(tenants.config)(module),
    statistics: {
      snapshot: () => mergedStatistics(tenants.all.map(({ name, opened: { host } }) => [name, host.statistics.snapshot(host.catalogue())]), own.snapshot(catalogue)),
    },
    version: () => tenants.all[0]?.opened.python().environment.mispModules?.version ?? ground.python.environment.mispModules?.version,
    log,
    margin: { share: server.earlyPercent / 100, leastMs: server.earlyLeastMs, mostMs: server.earlyMostMs },
    bytes: tenants.bytes.share(),
    answers: tenants.answers.share(),
    unreadMs: server.unreadSeconds * 1000,
    debug: 'off',
    listenName: server.listen,
    beyond: (api) => addOverview(api, {
      catalogue: () => catalogue,
      listenName: server.listen,
      events: tenants.events,
      shown: ALL,
      status: () => operatorStatus(tenants, ground),
      metrics: metricsOf({
        sources: () => tenants.all.map(({ name, opened: { host }, bytes }) => ({ host, bodyBytes: bytes.held, labels: { tenant: name } })),
        ofProcess: true,
        refused: () => tenants.refusals.snapshot(),
      }),
      ending,
    }),
  }
  return (await createServer(pieces)).handle
}

/** As `statusOf`, of all together, and of each by name. */
async function operatorStatus({ all, config, bytes, answers }: Overseen, { account, profile, python: { environment, own } }: Ground): Promise<object> {
  const tenants = all.map(({ name, handle, taker, opened: { host } }) => {
    const { modules, states: _, ...pool } = host.pool.status()
    const { loaded, notLoaded } = host.catalogue()
    return {
      name,
      ready: handle !== undefined,
      behind: taker?.behind ?? false,
      modules: { loaded: loaded.size, notLoaded: notLoaded.length },
      pool: { ...pool, runnersByModule: modules },
      queue: host.admission.status(),
    }
  })
  const cells = all.flatMap(({ name: tenant, opened: { host } }) => host.cells.status().map((cell) => ({ ...cell, tenant })))
  const sum = (count: (tenant: (typeof tenants)[number]) => number): number => tenants.reduce((total, tenant) => total + count(tenant), 0)
  return {
    profile: profile.policy.profile,
    layers: layersOf(config, account, profile),
    uptimeSeconds: Math.round(process.uptime()),
    node: process.versions.node,
    account: account ?? null,
    runtimes: runtimesOf([...new Set(all.flatMap(({ opened }) => opened.runtimes().map(({ name }) => name)))], cells, environment.version),
    modules: {
      loaded: sum(({ modules }) => modules.loaded),
      notLoaded: all.flatMap(({ name, opened: { host } }) => host.catalogue().notLoaded.map((each) => ({ tenant: name, ...reasonOf(each, ALL) }))),
    },
    watch: config.roots.watch,
    pool: {
      runners: sum(({ pool }) => pool.runners), busy: sum(({ pool }) => pool.busy), starting: sum(({ pool }) => pool.starting),
      privateBytes: sum(({ pool }) => pool.privateBytes),
      runnersByModule: Object.fromEntries(tenants.flatMap(({ name, pool }) => Object.entries(pool.runnersByModule).map(([module, count]) => [`${name}/${module}`, count]))),
    },
    queue: { waiting: sum(({ queue }) => queue.waiting), waitingBytes: sum(({ queue }) => queue.waitingBytes), running: sum(({ queue }) => queue.running) },
    memory: { hostBytes: process.memoryUsage.rss(), bodyBytes: bytes.held(), answerBytes: answers.held(), treeBytes: await treeBytes(process.pid) },
    environment: {
      python: environment.python,
      version: environment.version,
      origin: environment.origin,
      mispModules: environment.mispModules?.version ?? null,
      notInstalled: own?.failed ?? [],
    },
    tenants,
  }
}
