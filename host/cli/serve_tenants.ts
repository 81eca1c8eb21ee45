import { isIPv4 } from 'node:net'
import type { Logger } from 'pino'
import { findOrMake } from '../ground/choose_python.ts'
import type { Config } from '../config/config.ts'
import type { Load } from '../config/load_config.ts'
import { openGround, type Ground } from '../ground/ground.ts'
import { listen, type Listening } from '../http/listen.ts'
import { listenAtSocket } from '../http/listen_socket.ts'
import type { Handle } from '../http/pieces.ts'
import { OperatorError } from '../operator_error.ts'
import { Tenants } from '../tenants/tenants.ts'
import type { Entrance } from '../tenants/who_asks.ts'
import { interruption } from './interruption.ts'
import { lazyProgress } from './lazy_progress.ts'
import { untilStopped, type Served } from './until_stopped.ts'

export interface ServeTenantsOptions {
  readonly config: Config
  readonly load: Load
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly test: boolean
  readonly log: Logger
}

/** `serve` where the configuration names tenants. Returns and rejects as `serve`. */
export async function serveTenants({ config, load, environment, test, log }: ServeTenantsOptions): Promise<number> {
  warnOf(config, log)
  using setUp = interruption()
  const ground = await openedGround(config, environment, log, setUp.signal)
  const ending = new AbortController()
  const tenants = new Tenants({ config, ground, log, ending: ending.signal })
  const listening: Listening[] = []
  try {
    const enter = await tenants.open()
    await setUp.orElse(tenants.start())
    await listenAtAll(config, enter, log, listening)
    const [{ port, addresses } = { port: 0, addresses: [] }] = listening
    const sayStarted = (): void => log.info({ port, addresses, tenants: tenants.all.length }, `MISP modules server started on ${config.server.listen || '*'}:${port}`)
    if (test || setUp.signal.aborted) {
      sayStarted()
      if (test) log.info('started in test mode, ending immediately')
      await Promise.all(listening.map((each) => each.close(0)))
      setUp.signal.throwIfAborted()
      return 0
    }
    await untilStopped({ config, load, log, served: servedBy(tenants, ground, log), listening, ending, setUp, sayStarted })
    return 0
  } finally {
    await tenants.destroy()
  }
}

async function openedGround(config: Config, environment: ServeTenantsOptions['environment'], log: Logger, signal: AbortSignal): Promise<Ground> {
  using progress = lazyProgress()
  return await openGround({ config, environment, log, choose: findOrMake({ config, report: progress.report, signal }) })
}

/** Everybody's port, then those of single tenants. Rejects with ListenFailure. */
export async function listenAtAll({ server, tenants }: Config, enter: (entrance: Entrance) => Handle, log: Logger, listening: Listening[]): Promise<void> {
  listening.push(await listen({ name: server.listen, port: server.port, handle: enter({ tenant: undefined, keyless: false }), log }))
  for (const [tenant, { listen: place }] of Object.entries(tenants)) {
    if (place === undefined) continue
    const { address, port = 0, socket } = place
    const keyless = socket !== undefined || isLoopback(address)
    const handle = enter({ tenant, keyless })
    const each = socket === undefined ? await listen({ name: address, port, handle, log }) : await listenAtSocket(socket, { handle, log })
    listening.push(each)
    log.info({ tenant, port: each.port, addresses: each.addresses }, `listening for one tenant, ${keyless ? 'also without a key' : 'with a key'}`)
  }
}

/** Whether nobody but this machine gets there. Of other names nobody knows where they lead tomorrow. */
function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || (isIPv4(address) && address.startsWith('127.'))
}

function servedBy(tenants: Tenants, ground: Ground, log: Logger): Served {
  return {
    profile: ground.profile,
    hosts: () => tenants.all.map(({ opened }) => opened.host),
    folders: () => (tenants.all[0]?.opened.python() ?? ground.python).environment.folders,
    takeBack: () => tenants.takeBack(),
    async renew(next) {
      if (Object.keys(next.tenants).length === 0) throw new OperatorError('expected tenants in the configuration, found none: without them it is to be started again')
      const changed = fixedIn(tenants.config, next)
      await tenants.renew(next)
      if (changed.length > 0) log.warn({ tenants: changed }, 'listen, concurrency or queue of these tenants have changed and hold from the next start on')
    },
  }
}

/** The tenants of whom something has changed that their hosts are not made anew for. */
function fixedIn(before: Config, after: Config): string[] {
  const fixed = (config: Config, name: string): string => {
    const { listen: place, concurrency, queue } = config.tenants[name] ?? {}
    return JSON.stringify([place, concurrency, queue])
  }
  return Object.keys(after.tenants).filter((name) => (before.tenants[name] === undefined ? after.tenants[name]?.listen !== undefined : fixed(before, name) !== fixed(after, name)))
}

function warnOf({ server, tenants, log: { debugExtended } }: Config, log: Logger): void {
  if (debugExtended) log.warn('--debug-extended: request bodies and HTTP exchanges are logged with the credentials in them')
  const places = [server.listen, ...Object.values(tenants).flatMap(({ listen: place }) => (place?.socket === undefined ? place?.address ?? [] : []))]
  const open = places.filter((place) => !isLoopback(place))
  if (open.length > 0) log.warn({ listen: open }, 'listening beyond loopback: keys and data cross the network as they are, unless a proxy with TLS stands in front')
}
