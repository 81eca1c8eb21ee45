import type { Logger } from 'pino'
import { findOrMake } from '../ground/choose_python.ts'
import type { Config } from '../config/config.ts'
import type { Load } from '../config/load_config.ts'
import { listen, type Listening } from '../http/listen.ts'
import { makeLog } from '../observe/log.ts'
import { makeHandle } from '../make_handle.ts'
import { OperatorError } from '../operator_error.ts'
import { operatorRoots } from '../offer.ts'
import { openHost, type OpenHost, type OpenOptions } from '../open_host.ts'
import type { Catalogue } from '../registry/catalogue.ts'
import { needStrict } from '../tenants/need_strict.ts'
import { ModuleWatch } from '../watch_modules.ts'
import { interruption } from './interruption.ts'
import { lazyProgress } from './lazy_progress.ts'
import { untilStopped, type Served } from './until_stopped.ts'
import { loadReport } from '../observe/load_report.ts'
import { warnOfUnknownNames } from '../observe/unknown_names.ts'

export interface ServeOptions {
  readonly load: Load
  readonly environment: Readonly<Record<string, string | undefined>>
  /** `-t`: bind the port, log, and end. */
  readonly test: boolean
}

/** `serve`: the API, until a signal says otherwise. Returns the exit status; rejects with SetupError, ConfigError, ListenFailure, Interrupted. */
export async function serve({ load, environment, test }: ServeOptions): Promise<number> {
  const config = load()
  needStrict(config)
  const log = await makeLog(config.log)
  process.on('uncaughtException', (error) => log.fatal({ err: error }, 'a bug of the host; it goes on serving'))
  process.on('unhandledRejection', (error) => log.fatal({ err: error }, 'a bug of the host; it goes on serving'))
  if (Object.keys(config.tenants).length > 0) {
    const { serveTenants } = await import('./serve_tenants.ts')
    return await serveTenants({ config, load, environment, test, log })
  }
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
    warnOfUnknownNames(config, host.catalogue(), log)
    const started = (): void => sayStarted(config, log, listening, host.catalogue())
    if (test || setUp.signal.aborted) {
      started()
      if (test) log.info('started in test mode, ending immediately')
      await listening.close(0)
      setUp.signal.throwIfAborted()
      return 0
    }
    const served: Served = {
      hosts: () => [host],
      profile: opened.profile,
      folders: () => opened.python().environment.folders,
      async renew(next) {
        if (Object.keys(next.tenants).length > 0) throw new OperatorError('expected no tenants in the configuration, found some: with them it is to be started again')
        // Where a root is not there nothing of it is done yet: it is the operator's own, and no stranger takes it away.
        operatorRoots(next)
        await host.hold(next)
        await opened.renew(next)
        watch.follow(next)
        warnOfUnknownNames(next, host.catalogue(), log)
      },
    }
    await untilStopped({ config, load, log, served, listening: [listening], ending, setUp, sayStarted: started })
    return 0
  } finally {
    await host.destroy()
  }
}

async function open(options: Omit<OpenOptions, 'choose'>, signal: AbortSignal): Promise<OpenHost> {
  using progress = lazyProgress()
  return await openHost({ ...options, choose: findOrMake({ config: options.config, report: progress.report, signal }) })
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
