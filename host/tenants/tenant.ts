import { sep } from 'node:path'
import type { Logger } from 'pino'
import type { TenantGroups } from '../../sandboxes/launch/groups/tenant_groups.ts'
import type { Share } from '../../sandboxes/shared_bytes.ts'
import type { Config } from '../config/config.ts'
import type { Ground } from '../ground/ground.ts'
import type { HostParts } from '../host.ts'
import type { HeldBytes } from '../http/byte_budget.ts'
import type { Handle } from '../http/pieces.ts'
import { loadReport } from '../observe/load_report.ts'
import { warnOfUnknownNames } from '../observe/unknown_names.ts'
import { makeHandle } from '../make_handle.ts'
import { foldersOf, isFolder } from '../offer.ts'
import { hostOn, type OpenHost } from '../open_host.ts'
import { ModuleWatch } from '../watch_modules.ts'
import { inTurn, type Taker } from './turns.ts'

export interface TenantParts {
  readonly name: string
  /** The tenant's own; see tenantConfig. */
  readonly config: Config
  /** With folders that are this tenant's alone. */
  readonly ground: Ground
  readonly log: Logger
  /** Of its cells, and of nobody else's; where the kernel lets the host make any. */
  readonly groups: TenantGroups | undefined
  readonly memoryBytes: NonNullable<HostParts['memoryBytes']>
  readonly known: NonNullable<HostParts['known']>
  /** What it may hold of request bodies, and of answers. */
  readonly bytes: HeldBytes
  readonly answers: Share
  readonly ending: AbortSignal
}

/** One tenant: a host of its own, with its own catalogue, queue, runners, cells, caches, counters and routes. */
export class Tenant {
  readonly name: string
  readonly opened: OpenHost
  readonly bytes: HeldBytes
  /** What it takes of the processors, where the kernel tells. */
  readonly taker: Taker | undefined
  readonly #parts: TenantParts
  readonly #scope = new DisposableStack()
  readonly #gone = new AbortController()
  /** What is being done to what is served: one thing at a time. */
  #turn = Promise.resolve()
  #watch: ModuleWatch | undefined
  #handle: Handle | undefined

  /** Throws OperatorError. */
  constructor(parts: TenantParts) {
    const { name, ground, bytes, groups } = parts
    this.#parts = parts
    this.name = name
    this.bytes = bytes
    this.opened = hostOn(ground, { ...parts, trustFailures: true })
    this.taker = groups && {
      usedMs: () => groups.usedMs(),
      running: () => this.opened.host.admission.status().running,
      get behind() {
        return groups.behind
      },
      putBehind: (behind) => groups.putBehind(behind),
    }
  }

  /** What answers it; undefined while its modules are being described for the first time. */
  get handle(): Handle | undefined {
    return this.#handle
  }

  /** Describes its modules; settles when it is served. */
  start(): Promise<void> {
    return this.#inTurn(() => this.#start())
  }

  /** See Host. At once, whatever else is being done. */
  hold(config: Config): Promise<void> {
    return this.opened.host.hold(config)
  }

  /** See OpenHost; what it grants is held before. */
  renew(config: Config): Promise<void> {
    return this.#inTurn(async () => {
      await this.opened.renew(config)
      for (const folder of foldersOf(config.roots)) {
        if (!isFolder(folder)) this.#parts.log.warn({ folder }, 'this root is not there, and has no modules until it is back')
      }
      this.#watch?.follow(config)
      warnOfUnknownNames(config, this.opened.host.catalogue(), this.#parts.log)
    })
  }

  /** Ends all that runs for it. */
  async destroy(): Promise<void> {
    this.#handle = undefined
    this.#gone.abort()
    this.#scope.dispose()
    await this.opened.host.destroy()
    await this.#parts.groups?.remove()
  }

  async #start(): Promise<void> {
    const { config, log, bytes } = this.#parts
    const { opened } = this
    const ending = AbortSignal.any([this.#parts.ending, this.#gone.signal])
    const { host } = opened
    await host.serve(opened.offer)
    if (ending.aborted) return
    const report = loadReport(log, () => opened.python().environment)
    // What is wrong with a module of the installation is told once, and not for each who sees it.
    const own = config.tenant?.shared.roots && foldersOf(config.roots)
    const isTold = (file: string): boolean => own?.some((root) => file.startsWith(root + sep)) ?? true
    this.#scope.use(host.events.subscribe((event) => {
      if (isTold(event.file)) void report.change(event)
    }))
    this.#watch = this.#scope.use(new ModuleWatch(config, host, log))
    const { notLoaded, ...catalogue } = host.catalogue()
    await report.start({ ...catalogue, notLoaded: notLoaded.filter(({ source }) => isTold(source.file)) })
    warnOfUnknownNames(config, host.catalogue(), log)
    this.#handle = inTurn(whenAsked(() => makeHandle({ config, log, opened, ending, bytes }), log), () => this.taker?.behind ?? false)
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(act)
    this.#turn = done.catch(() => {})
    return done
  }
}

/** Made by the first request: a server with its routes takes a megabyte, and most tenants ask nothing most of the time. */
function whenAsked(make: () => Promise<Handle>, log: Logger): Handle {
  let made: Handle | undefined
  let making: Promise<Handle> | undefined
  return (req, res) => {
    if (made !== undefined) return made(req, res)
    making ??= make()
    making.then((handle) => {
      made = handle
      handle(req, res)
    }, (error: unknown) => {
      // The next request tries again.
      making = undefined
      log.fatal({ err: error }, 'a bug of the host: this tenant has no server')
      res.destroy()
    })
  }
}
