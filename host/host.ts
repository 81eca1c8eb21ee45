import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Cells } from '../sandboxes/cells.ts'
import type { Ask, ModuleSettings } from '../sandboxes/contract.ts'
import type { Account } from '../sandboxes/launch/trusted.ts'
import { Pool } from '../sandboxes/pool.ts'
import type { Runtime } from '../sandboxes/runtime.ts'
import { describeModule, startRunner } from '../sandboxes/start_runner.ts'
import type { Config } from './config/config.ts'
import { Admission } from './dispatch/admit.ts'
import { inTime } from './dispatch/deadline.ts'
import { makeStatistics, type Statistics } from './dispatch/statistics.ts'
import { compatAnswer } from './http/problem.ts'
import { makePlaces } from './places.ts'
import type { Catalogue } from './registry/catalogue.ts'
import { Serving, type Offer } from './registry/serving.ts'

export interface HostParts {
  readonly config: Config
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly account: Account | undefined
  /** The state folder. */
  readonly state: string
  /** Folder for what lives only as long as this process. */
  readonly run: string
  readonly log: Logger
  readonly changed: (catalogue: Catalogue) => void
  /** See RegistryOptions. */
  readonly trustFailures: boolean
}

/** The host without its HTTP side: what every command that asks modules needs. */
export interface Host {
  readonly ask: Ask
  readonly catalogue: () => Catalogue
  readonly settings: (module: string) => ModuleSettings
  readonly statistics: Statistics
  readonly pool: Pool
  readonly cells: Cells
  readonly admission: Admission
  /** Starts preloading for an offer ahead of `serve`. */
  readonly warmUp: (offer: Offer) => void
  /** Settles when the offer's modules are the ones that are served. */
  readonly serve: (offer: Offer) => Promise<void>
  /** Ends every process now; queries that are open fail with SHUTTING_DOWN. */
  readonly destroy: () => Promise<void>
}

const MEGABYTE = 1 << 20
const DESCRIBE_MS = 60_000
const PATIENCE_MS = 10_000

/** Makes the pieces and connects them. */
export function buildHost({ config, environment, account, state, run, log, changed, trustFailures }: HostParts): Host {
  const { pool: pooled, queue } = config
  const places = makePlaces({
    config, environment, account, run,
    onLog: (runner, text, query) => log.info({ reqId: query, pid: runner?.pid }, text),
  })
  const { cells, scratch } = places
  const pool = new Pool({
    memoryBytes: pooled.memoryMb * MEGABYTE,
    cores: availableParallelism(),
    idleMs: pooled.idleSeconds * 1000,
    start: (unit) => startRunner(unit, places),
  }, {
    free: (key) => admission.free(key),
    failed: (key, failure) => admission.failed(key, failure),
  })
  const serving = new Serving({
    cache: join(state, 'describe.json'),
    contents: join(state, 'contents'),
    parallel: availableParallelism(),
    patienceMs: PATIENCE_MS,
    trustFailures,
    describe: (unit) => describeModule(unit, places, DESCRIBE_MS),
    changed,
  })
  const admission = new Admission({
    pool,
    unitOf: (query) => serving.unitOf(query),
    queueQueries: queue.queries,
    queueBytes: queue.bodiesMb * MEGABYTE,
  })
  const catalogue = () => serving.catalogue
  const statistics = makeStatistics({ catalogue, answerBytes: (failure) => compatAnswer(failure).body.length })
  // The layers of dispatch, the outermost first.
  const ask = statistics.layer(inTime(admission.ask))
  return {
    ask, catalogue, statistics, pool, cells, admission,
    settings: (module) => serving.settings(module),
    warmUp: ({ runtimes }) => runtimes.forEach((runtime) => cells.warmUp(runtime)),
    async serve(offer) {
      await serving.replace(offer)
      pool.retire((unit) => serving.isCurrent(unit))
      cells.retire(offer.runtimes)
      for (const runtime of offer.runtimes) if (hasModules(serving.catalogue, runtime)) cells.keepSpares(runtime)
    },
    async destroy() {
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
