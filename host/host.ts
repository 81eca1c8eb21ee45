import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Cells } from '../sandboxes/cell/cells.ts'
import type { Ask, ModuleSettings, ModuleSource } from '../sandboxes/contract.ts'
import type { Account } from '../sandboxes/launch/trusted.ts'
import { Pool } from '../sandboxes/pool/pool.ts'
import type { Runtime } from '../sandboxes/runtime.ts'
import { SharedBytes, type Share } from '../sandboxes/shared_bytes.ts'
import { startRunner, type Description } from '../sandboxes/start_runner.ts'
import type { Config } from './config/config.ts'
import { Admission } from './dispatch/admit.ts'
import { Breaker } from './dispatch/breaker.ts'
import { inTime } from './dispatch/deadline.ts'
import { DurationTally } from './dispatch/durations.ts'
import { Outcomes } from './dispatch/outcomes.ts'
import { makeStatistics, type Statistics } from './dispatch/statistics.ts'
import { whileItHolds } from './dispatch/while_it_holds.ts'
import { Watched } from './dispatch/watched.ts'
import { compatAnswer } from './http/problem.ts'
import { EgressRequests } from './observe/egress_requests.ts'
import { termsOf } from './offer.ts'
import { makePlaces } from './places.ts'
import type { Profile } from './ground/profile.ts'
import type { Catalogue } from './registry/catalogue.ts'
import { ModuleEvents } from './registry/events.ts'
import { lastReload } from './registry/last_reload.ts'
import { Serving, type Offer } from './registry/serving.ts'
import { RunnerEnds } from './observe/runner_ends.ts'
import { Versions } from './versions.ts'

export interface HostParts {
  readonly config: Config
  readonly profile: Profile
  readonly account: Account | undefined
  /** The state folder. */
  readonly state: string
  /** Folder for what lives only as long as this process. */
  readonly run: string
  readonly log: Logger
  /** See RegistryOptions. */
  readonly trustFailures: boolean
  /** The memory that all its runners may have, where others have a share in what is configured. */
  readonly memoryBytes?: () => number
  /** What it may hold of answers, where others have a share in what is configured. */
  readonly answers?: Share
  /** What somebody else has found out about a module; undefined: nobody has. Throws LoadError. */
  readonly known?: (source: ModuleSource) => Pick<Description, 'introspection' | 'content'> | undefined
}

/** The host without its HTTP side: what every command that asks modules needs. */
export interface Host {
  readonly ask: Ask
  readonly catalogue: () => Catalogue
  /** What happened to the modules. */
  readonly events: ModuleEvents
  readonly settings: (module: string) => ModuleSettings
  readonly statistics: Statistics
  readonly pool: Pool
  readonly cells: Cells
  readonly admission: Admission
  readonly watched: Watched
  /** What is held of answers that are on their way. */
  readonly answers: Share
  /** When the version of a file that is served came to be; see lastReload. */
  readonly reloadedAt: (file: string) => number | undefined
  /** When a module that crashed too often is on again, in milliseconds since 1970; undefined: it is on. */
  readonly offUntil: (module: string) => number | undefined
  readonly measured: Measured
  /** Starts preloading for an offer ahead of `serve`. */
  readonly warmUp: (offer: Offer) => void
  /**
   * What another configuration grants holds from now on, for the modules that are served already too: settings, limits, what may be reached, and
   * that a module is off. Settles when the doors of cells know.
   */
  readonly hold: (config: Config) => Promise<void>
  /** Settles when the offer's modules are the ones that are served. Its settings hold only where nothing was held before. */
  readonly serve: (offer: Offer) => Promise<void>
  /** Looks again at what has changed (undefined: it could be anything). Settles when what loads of it is served. */
  readonly look: (changed: ReadonlySet<string> | undefined) => Promise<void>
  /** Ends every process now; queries that are open fail with SHUTTING_DOWN. */
  readonly destroy: () => Promise<void>
}

/** What is counted of queries and runners besides the statistics that upstream has. */
export interface Measured {
  readonly outcomes: Outcomes
  /** Waiting for a runner, its start included. */
  readonly waits: DurationTally
  readonly ends: RunnerEnds
  readonly egress: EgressRequests
}

const MEGABYTE = 1 << 20
const PATIENCE_MS = 10_000

/** Makes the pieces and connects them. */
export function buildHost({ config, profile, account, state, run, log, trustFailures, memoryBytes, known, ...parts }: HostParts): Host {
  const { pool: pooled, queue, server, tenant } = config
  const { answers = new SharedBytes(server.answersMb * MEGABYTE).share() } = parts
  const watched = new Watched()
  const events = new ModuleEvents()
  const reloadedAt = lastReload(events)
  const waits = new DurationTally()
  const ends = new RunnerEnds()
  const egress = new EgressRequests()
  const mostBytes = (): number => memoryBytes?.() ?? pooled.memoryMb * MEGABYTE
  const places = makePlaces({
    config, profile, account, run, answers,
    heldBytes: mostBytes,
    told: (audit) => {
      egress.count(audit)
      watched.asked(audit)
    },
    onLog: (runner, text, query) => {
      watched.printed(query, text)
      log.info({ reqId: query, pid: runner?.pid }, text)
    },
  })
  const { cells, scratch } = places
  const pool = new Pool({
    get memoryBytes() {
      return mostBytes()
    },
    // So many may always start, whatever the memory: of many tenants one each, so that none is kept waiting by the others.
    cores: tenant === undefined ? availableParallelism() : 1,
    idleMs: pooled.idleSeconds * 1000,
    start: async (unit) => ends.counted(await startRunner(unit, places)),
    leave: (unit, runner) => cells.leave(unit, runner),
  }, {
    free: (key) => admission.free(key),
    failed: (key, failure) => admission.failed(key, failure),
  })
  const versions = new Versions({ places, ends, events, pool: () => pool, serving: () => serving, admission: () => admission })
  const serving = new Serving({
    cache: join(state, 'describe.json'),
    contents: join(state, 'contents'),
    parallel: availableParallelism(),
    patienceMs: PATIENCE_MS,
    trustFailures,
    describe: async (unit, urgent, signal) => known?.(unit.source) ?? await versions.describe(unit, { urgent, signal }),
    changed: (before, now) => versions.changed(before, now),
  })
  const admission = new Admission({
    pool,
    unitOf: (query) => serving.unitOf(query),
    queueQueries: queue.queries,
    queueBytes: queue.bodiesMb * MEGABYTE,
    beyond: tenant === undefined ? 'BUSY' : 'QUOTA_EXCEEDED',
    concurrency: tenant?.concurrency ?? Infinity,
    timed: (query, times) => {
      waits.add(times.queueMs + times.startMs)
      watched.timed(query, times)
    },
  })
  const catalogue = () => serving.catalogue
  const statistics = makeStatistics({ catalogue, answerBytes: (failure) => compatAnswer(failure).body.length })
  const outcomes = new Outcomes(catalogue)
  const breaker = new Breaker({
    versionOf: (module) => serving.current(module)?.key,
    turnedOff: (module, seconds) => log.error({ module, seconds }, 'the module has crashed again and again, and is off for a while'),
  })
  const broken = profile.policy.breaks ? breaker.layer : (next: Ask) => next
  // The layers of dispatch, the outermost first.
  const ask = statistics.layer(outcomes.layer(whileItHolds(profile.unavailable, broken(inTime(admission.ask)))))
  return {
    ask, catalogue, statistics, pool, cells, admission, watched, answers, events, reloadedAt, offUntil: breaker.offUntil, measured: { outcomes, waits, ends, egress },
    settings: (module) => serving.settings(module),
    warmUp: ({ runtimes }) => runtimes.forEach((runtime) => cells.warmUp(runtime)),
    async hold(next) {
      versions.forget()
      serving.hold(termsOf(next))
      await cells.regrant((name, own) => serving.settingsOf({ name, own }).egress)
    },
    async serve(offer) {
      await serving.replace(offer)
      cells.retire(offer.runtimes)
      // One of many tenants costs nothing until it asks.
      if (tenant !== undefined) return
      for (const runtime of offer.runtimes) if (hasModules(serving.catalogue, runtime)) cells.keepSpares(runtime)
    },
    look: (changed) => serving.look(changed),
    async destroy() {
      serving.close()
      versions.close()
      admission.close()
      pool.destroy()
      await cells.close()
      await scratch.close()
    },
  }
}

/** What no module needs is not started ahead. */
function hasModules({ loaded }: Catalogue, { name }: Runtime): boolean {
  return [...loaded.values()].some(({ source }) => source.runtime === name)
}
