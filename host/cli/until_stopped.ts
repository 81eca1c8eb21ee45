import { setFlagsFromString } from 'node:v8'
import type { Logger } from 'pino'
import { SETTINGS, type Config } from '../config/config.ts'
import type { Load } from '../config/load_config.ts'
import type { Setting } from '../config/setting.ts'
import type { Host } from '../host.ts'
import type { Listening } from '../http/listen.ts'
import { watchPackages } from '../package_watch.ts'
import type { Profile } from '../ground/profile.ts'
import { Renewals } from '../renewals.ts'
import { needStrict } from '../tenants/need_strict.ts'
import { stopSignal } from './signals.ts'

const INTERRUPTED = 130
/** What holds is tried again after so many looks, and what does not at each. */
const LOOKS = 60
const LOOK_MS = 60_000

/** What is served: one host, or one of each tenant. */
export interface Served {
  readonly hosts: () => readonly Host[]
  readonly profile: Pick<Profile, 'tryAgain' | 'unavailable'>
  /** Folders that packages are installed in. */
  readonly folders: () => readonly string[]
  /** Serves another configuration, or looks again under the same. */
  readonly renew: (config: Config) => Promise<void>
  /** See RenewalParts. */
  readonly takeBack?: () => Config | undefined
}

export interface Running {
  readonly config: Config
  readonly load: Load
  readonly log: Logger
  readonly served: Served
  readonly listening: readonly Listening[]
  readonly ending: AbortController
  /** What takes signals until this does. */
  readonly setUp: Disposable
  /** Says that it has started: whoever reads that may send a signal at once. */
  readonly sayStarted: () => void
}

/** Serves until a signal says otherwise, and lets queries that run end. */
export async function untilStopped({ config, load, log, served, listening, ending, setUp, sayStarted }: Running): Promise<void> {
  // V8 would let what dies young take three times 32 MB before it looks, and keep them: what the start needed is enough.
  setFlagsFromString('--semi-space-growth-factor=1')
  let current = config
  using renewals = new Renewals({
    log,
    ...(served.takeBack && { takeBack: served.takeBack }),
    // How modules are started is not changed while they run: what is granted goes by how they do.
    async renew(next) {
      const running = { ...next, host: config.host }
      needStrict(running)
      await served.renew(running)
    },
    renewed(next) {
      warnOfFixed(log, current, next)
      current = next
      log.info(countsOf(served.hosts()), 'what was found is served')
    },
  })
  using _watch = watchPackages(served.folders, () => renewals.begin('packages have changed', () => current))
  // What holds today may not hold when somebody has changed the machine.
  const trying = setInterval(tryingAgain(served.profile), LOOK_MS)
  const stopped = stopSignal({
    reload: () => {
      void served.profile.tryAgain()
      renewals.begin('SIGHUP', () => load(config.host.profile))
    },
    hurry: () => {
      for (const { pool } of served.hosts()) pool.destroy()
      process.exit(INTERRUPTED)
    },
  })
  setUp[Symbol.dispose]()
  sayStarted()
  const signal = await stopped
  clearInterval(trying)
  const { graceSeconds } = config.server
  log.info({ signal, graceSeconds }, 'ending; queries that run are waited for')
  ending.abort()
  await windDown(served.hosts(), listening, graceSeconds * 1000)
  log.info('ended')
}

function tryingAgain({ unavailable, tryAgain }: Served['profile']): () => void {
  let looks = 0
  return () => {
    looks += 1
    if (unavailable() !== undefined || looks % LOOKS === 0) void tryAgain()
  }
}

function countsOf(hosts: readonly Host[]): object {
  const catalogues = hosts.map(({ catalogue }) => catalogue())
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)
  return { loaded: sum(catalogues.map(({ loaded }) => loaded.size)), notLoaded: sum(catalogues.map(({ notLoaded }) => notLoaded.length)) }
}

/** What is made of these sections and flags at the start is not made again. */
const FIXED = new Set(['server', 'host', 'pool', 'queue', 'log', 'limits-output-mb', 'limits-log-lines', 'limits-log-kb', 'python-idle-seconds'])

function warnOfFixed(log: Logger, before: Config, after: Config): void {
  const valueOf = (config: Config, { section, key }: Setting): unknown => (config as unknown as Record<string, Record<string, unknown>>)[section]?.[key]
  const changed = SETTINGS.filter((setting) => (FIXED.has(setting.section) || FIXED.has(setting.flag))
    && JSON.stringify(valueOf(before, setting)) !== JSON.stringify(valueOf(after, setting))).map(({ flag }) => flag)
  if (changed.length > 0) log.warn({ changed }, 'these settings have changed and hold from the next start on')
}

/** No new queries; those that run have the grace period, and what is then left is answered all the same. */
export async function windDown(hosts: readonly Host[], listening: readonly Listening[], graceMs: number): Promise<void> {
  const closing = Promise.all(listening.map((each) => each.close(graceMs + ANSWER_MS)))
  for (const { admission, pool } of hosts) {
    admission.close()
    pool.close()
  }
  const over = setTimeout(() => {
    for (const { pool } of hosts) pool.destroy()
  }, graceMs)
  await closing
  clearTimeout(over)
}

/** For the last answers to leave. */
const ANSWER_MS = 1000
