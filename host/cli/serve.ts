import type { Logger } from 'pino'
import { findOrMake } from '../choose_python.ts'
import { SETTINGS, type Config } from '../config/config.ts'
import type { Setting } from '../config/setting.ts'
import type { Host } from '../host.ts'
import { addApi } from '../http/api/routes.ts'
import { byteBudget } from '../http/byte_budget.ts'
import { listen, type Listening } from '../http/listen.ts'
import type { Handle, Pieces } from '../http/pieces.ts'
import { createServer } from '../http/server.ts'
import { makeLog } from '../log.ts'
import { mends } from '../mend.ts'
import { metricsOf } from '../metrics.ts'
import { nearestFew } from '../nearest.ts'
import { openHost, type OpenHost, type OpenOptions } from '../open_host.ts'
import { watchPackages } from '../package_watch.ts'
import type { Catalogue } from '../registry/catalogue.ts'
import type { Profile } from '../profile.ts'
import { statusOf } from '../status.ts'
import { ModuleWatch } from '../watch_modules.ts'
import type { Ask } from '../../sandboxes/contract.ts'
import type { PreparedPython } from '../../sandboxes/python/look_up.ts'
import { interruption } from './interruption.ts'
import { lazyProgress } from './lazy_progress.ts'
import { loadReport } from './load_report.ts'
import { stopSignal } from './signals.ts'

export interface ServeOptions {
  /** Reads the configuration, again at SIGHUP. Throws ConfigError. */
  readonly load: () => Config
  readonly environment: Readonly<Record<string, string | undefined>>
  /** `-t`: bind the port, log, and end. */
  readonly test: boolean
}

const MEGABYTE = 1 << 20
const INTERRUPTED = 130
/** What holds is tried again after so many looks, and what does not at each. */
const LOOKS = 60
const LOOK_MS = 60_000

/** `serve`: the API, until a signal says otherwise. Returns the exit status; rejects with SetupError, ConfigError, ListenFailure, Interrupted. */
export async function serve({ load, environment, test }: ServeOptions): Promise<number> {
  const config = load()
  const log = await makeLog(config.log)
  process.on('uncaughtException', (error) => log.fatal({ err: error }, 'a bug of the host; it goes on serving'))
  process.on('unhandledRejection', (error) => log.fatal({ err: error }, 'a bug of the host; it goes on serving'))
  warnOf(config, log)
  using setUp = interruption()
  const opened = await open({ config, environment, log, trustFailures: true }, setUp.signal)
  const { host, offer } = opened
  const report = loadReport(log, () => opened.python().environment)
  const ending = new AbortController()
  try {
    host.warmUp(offer)
    const [handle] = await setUp.orElse(Promise.all([makeHandle({ config, log, opened, ending: ending.signal }), host.serve(offer)]))
    const listening = await listen({ name: config.server.listen, port: config.server.port, handle, log })
    using watch = new ModuleWatch(config, host, log)
    using _report = host.events.subscribe((event) => void report.change(event))
    await report.start(host.catalogue())
    sayStarted(config, log, listening, host.catalogue())
    if (test) log.info('started in test mode, ending immediately')
    if (test || setUp.signal.aborted) {
      await listening.close(0)
      setUp.signal.throwIfAborted()
      return 0
    }
    setUp[Symbol.dispose]()
    await untilStopped({ config, load, log, opened, listening, ending, watch })
    return 0
  } finally {
    await host.destroy()
  }
}

async function open(options: Omit<OpenOptions, 'choose'>, signal: AbortSignal): Promise<OpenHost> {
  using progress = lazyProgress()
  return await openHost({ ...options, choose: findOrMake({ config: options.config, report: progress.report, signal }) })
}

interface Running {
  readonly config: Config
  readonly load: () => Config
  readonly log: Logger
  readonly opened: OpenHost
  readonly listening: Listening
  readonly ending: AbortController
  readonly watch: ModuleWatch
}

async function untilStopped({ config, load, log, opened, listening, ending, watch }: Running): Promise<void> {
  let current = config
  let renewing = Promise.resolve()
  const renew = (why: string, read: () => Config): void => {
    renewing = renewing.then(async () => {
      try {
        const next = read()
        log.info(`looking for modules again: ${why}`)
        await opened.renew(next)
        warnOfFixed(log, current, next)
        current = next
        watch.follow(next)
        const { loaded, notLoaded } = opened.host.catalogue()
        log.info({ loaded: loaded.size, notLoaded: notLoaded.length }, 'what was found is served')
      } catch (error) {
        log.error({ err: error }, 'what was served before is still served')
      }
    })
  }
  using _watch = watchPackages(() => opened.python().environment.folders, () => renew('packages have changed', () => current))
  // What holds today may not hold when somebody has changed the machine.
  const trying = setInterval(tryingAgain(opened.profile), LOOK_MS)
  const signal = await stopSignal({
    reload: () => {
      void opened.profile.tryAgain()
      renew('SIGHUP', load)
    },
    hurry: () => {
      opened.host.pool.destroy()
      process.exit(INTERRUPTED)
    },
  })
  clearInterval(trying)
  const { graceSeconds } = config.server
  log.info({ signal, graceSeconds }, 'ending; queries that run are waited for')
  ending.abort()
  await windDown(opened.host, listening, graceSeconds * 1000)
  log.info('ended')
}

function tryingAgain({ unavailable, tryAgain }: Profile): () => void {
  let looks = 0
  return () => {
    looks += 1
    if (unavailable() !== undefined || looks % LOOKS === 0) void tryAgain()
  }
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
export async function windDown({ admission, pool }: Host, listening: Listening, graceMs: number): Promise<void> {
  const closing = listening.close(graceMs + ANSWER_MS)
  admission.close()
  pool.close()
  const over = setTimeout(() => pool.destroy(), graceMs)
  await closing
  clearTimeout(over)
}

/** For the last answers to leave. */
const ANSWER_MS = 1000

interface HandleParts {
  readonly config: Config
  readonly log: Logger
  readonly opened: OpenHost<PreparedPython | undefined>
  /** Aborted when no more requests are taken. */
  readonly ending: AbortSignal
  /** Instead of the host's own: with a layer around it. */
  readonly ask?: Ask
}

/** Answers requests with what a host serves. */
export async function makeHandle({ config: { server, log: logging }, log, opened, ending, ask }: HandleParts): Promise<Handle> {
  const { host, python } = opened
  const bytes = byteBudget(server.bodiesMb * MEGABYTE)
  const pieces: Pieces = {
    catalogue: host.catalogue,
    ask: ask ?? host.ask,
    settings: host.settings,
    statistics: host.statistics,
    version: () => python()?.environment.mispModules?.version,
    log,
    margin: { share: server.earlyPercent / 100, leastMs: server.earlyLeastMs, mostMs: server.earlyMostMs },
    bytes,
    debug: logging.debugExtended ? 'full' : logging.debug ? 'redacted' : 'off',
    listenName: server.listen,
    beyond: (api) => addApi(api, {
      ...pieces,
      watched: host.watched,
      events: host.events,
      runners: () => host.pool.status().states,
      waiting: () => host.admission.waiting(),
      reloadedAt: host.reloadedAt,
      offUntil: host.offUntil,
      mend: mends(() => python()?.environment),
      nearest: nearestFew,
      status: () => statusOf({ opened, bodyBytes: bytes.held }),
      metrics: metricsOf({ host, bodyBytes: bytes.held }),
      bodyMs: server.bodySeconds * 1000,
      ending,
    }),
  }
  const { handle } = await createServer(pieces)
  return handle
}

function sayStarted({ server: { listen: name } }: Config, log: Logger, { port, addresses }: Listening, { loaded }: Catalogue): void {
  log.info({ port, addresses, modules: loaded.size }, `MISP modules server started on ${name || '*'}:${port}`)
}

function warnOf({ server, log: { debugExtended } }: Config, log: Logger): void {
  if (debugExtended) log.warn('--debug-extended: request bodies and HTTP exchanges are logged with the credentials in them')
  if (!['localhost', '127.0.0.1', '::1'].includes(server.listen)) {
    log.warn({ listen: server.listen }, 'listening beyond loopback: whoever reaches the port can run every module')
  }
}
