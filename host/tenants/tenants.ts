import { chmodSync, mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { ModuleSource } from '../../sandboxes/contract.ts'
import { SharedBytes } from '../../sandboxes/shared_bytes.ts'
import { ControlGroups } from '../../sandboxes/launch/groups/control_groups.ts'
import { TenantGroups } from '../../sandboxes/launch/groups/tenant_groups.ts'
import type { Config } from '../config/config.ts'
import { OPERATOR, type TenantEntry } from '../config/tenants.ts'
import type { Ground } from '../ground/ground.ts'
import { byteBudget } from '../http/byte_budget.ts'
import type { Handle } from '../http/pieces.ts'
import { hasRoots } from '../offer.ts'
import { ModuleEvents } from '../registry/events.ts'
import { atMost, inLanes } from '../registry/lanes.ts'
import { entrances } from './entrances.ts'
import { installationConfig, knownTo } from './installation.ts'
import { KeyRing } from './key_ring.ts'
import { MemoryShares } from './memory_shares.ts'
import { operatorHandle } from './operator_handle.ts'
import { Refusals } from './refusals.ts'
import { Tenant } from './tenant.ts'
import { tenantConfig } from './tenant_config.ts'
import { Turns } from './turns.ts'
import type { Entrance, Refusal } from './who_asks.ts'

export interface TenantsParts {
  readonly config: Config
  readonly ground: Ground
  readonly log: Logger
  /** Aborted when no more requests are taken. */
  readonly ending: AbortSignal
}

const MEGABYTE = 1 << 20
/** A tenant whose modules take longer to describe does not keep the others waiting. */
const PATIENCE_MS = 10_000

const LOADING: Refusal = { code: 'BUSY', detail: 'the modules are being loaded, try again in some seconds' }
const GONE: Refusal = { code: 'FORBIDDEN', detail: 'nothing is served here for this tenant' }

/** All tenants of this process. They share the process, the ground and the bounds of memory, and nothing else. */
export class Tenants {
  /** What happens to the modules of all. */
  readonly events = new ModuleEvents()
  /** What is held of request bodies, and of answers. */
  readonly bytes: SharedBytes
  readonly answers: SharedBytes
  readonly refusals = new Refusals()
  readonly #parts: TenantsParts
  readonly #shares: MemoryShares
  readonly #tenants = new Map<string, Tenant>()
  readonly #turns = new Turns(() => this.all.flatMap(({ taker }) => taker ?? []))
  #config: Config
  #keys: KeyRing
  /** What tells tenants of the modules of the installation; nobody asks it anything else. */
  #installation: Tenant | undefined
  /** Those of whom something is not served because a root is not there. */
  readonly #rootless = new Set<string>()
  /** Folders of tenants are numbered: their names are in no path that a module can see. */
  #count = 0

  /** Builds the host of each. One that cannot be is left out, and logged; where none can be it throws OperatorError. */
  constructor(parts: TenantsParts) {
    const { config, ground } = parts
    this.#parts = parts
    mkdirSync(ground.run, { recursive: true })
    // Runners have another account, and go through it to their own folders; what else is there they cannot list.
    chmodSync(ground.run, 0o711)
    this.#config = config
    this.#keys = new KeyRing(config)
    this.#shares = new MemoryShares(config.pool.memoryMb * MEGABYTE, () => this.all)
    this.bytes = new SharedBytes(config.server.bodiesMb * MEGABYTE)
    this.answers = new SharedBytes(config.server.answersMb * MEGABYTE)
    this.#installation = this.#install(config)
    const wrong: unknown[] = []
    for (const [name, entry] of Object.entries(config.tenants)) {
      try {
        this.#add(name, entry)
      } catch (error) {
        wrong.push(error)
        this.#owe(name)
        parts.log.error({ err: error, tenant: name }, 'this tenant is not served')
      }
    }
    // A tenant may be able to take its own folder away: that keeps no other from being served.
    if (this.#tenants.size === 0) throw wrong[0]
  }

  get all(): readonly Tenant[] {
    return [...this.#tenants.values()]
  }

  get config(): Config {
    return this.#config
  }

  /** Describes the modules of all, some tenants at a time; settles when all are served, or those that are quick. */
  async start(): Promise<void> {
    await this.#installation?.start()
    await this.#each(this.all, (tenant) => tenant.start())
  }

  /** What answers requests at each entrance. */
  async open(): Promise<(entrance: Entrance) => Handle> {
    const { log, ground, ending } = this.#parts
    return entrances({
      keys: () => this.#keys,
      tenant: (name) => {
        const tenant = this.#tenants.get(name)
        return tenant === undefined ? GONE : tenant.handle ?? LOADING
      },
      operator: await operatorHandle({ tenants: this, ground, log, ending }),
      refusals: this.refusals,
      log,
    })
  }

  /**
   * The keys, roots, modules and limits of another configuration. Those that are no longer in it are ended, those that are new begin. What
   * its modules are granted holds for each at once. What of one tenant cannot be used leaves its modules as they were, and is logged.
   */
  async renew(config: Config): Promise<void> {
    this.#keys = this.#keys.renewed(config)
    this.#config = config
    this.#rootless.clear()
    const gone = this.all.filter(({ name }) => config.tenants[name] === undefined)
    for (const { name } of gone) this.#tenants.delete(name)
    const known = this.all
    const configOf = ({ name }: Tenant): Config => tenantConfig(config, name, config.tenants[name]!)
    // What is granted comes first: nothing that one tenant's modules or folders do delays what is taken away from it, or from another.
    const held = known.map((tenant) => this.#unlessWrong(tenant.name, () => tenant.hold(configOf(tenant))))
    const ended = Promise.all(gone.map((tenant) => this.#end(tenant)))
    await atMost(PATIENCE_MS, Promise.all(held).then(() => {}))
    await this.#unlessWrong(OPERATOR, () => this.#renewInstallation(config))
    const added: Tenant[] = []
    for (const [name, entry] of Object.entries(config.tenants)) {
      if (!this.#tenants.has(name)) await this.#unlessWrong(name, () => void added.push(this.#add(name, entry)))
    }
    await this.#each(known, (tenant) => tenant.renew(configOf(tenant)))
    await this.#each(added, (tenant) => tenant.start())
    await atMost(PATIENCE_MS, ended.then(() => {}))
  }

  /** See RenewalParts. */
  takeBack(): Config | undefined {
    const back = [...this.#rootless].filter((name) => this.#hasRoots(name))
    for (const name of back) this.#rootless.delete(name)
    return back.length > 0 ? this.#config : undefined
  }

  async destroy(): Promise<void> {
    this.#turns[Symbol.dispose]()
    await Promise.all([...this.all, ...(this.#installation ? [this.#installation] : [])].map((tenant) => tenant.destroy()))
    await rm(this.#parts.ground.run, { recursive: true, force: true, maxRetries: 3 })
  }

  #owe(name: string): void {
    if (!this.#hasRoots(name)) this.#rootless.add(name)
  }

  #hasRoots(name: string): boolean {
    const { tenants } = this.#config
    const entry = tenants[name]
    return hasRoots(entry === undefined ? this.#config : tenantConfig(this.#config, name, entry), this.#tenants.has(name))
  }

  async #end(tenant: Tenant): Promise<void> {
    try {
      await tenant.destroy()
    } catch (error) {
      this.#parts.log.error({ err: error, tenant: tenant.name }, 'what ran for this tenant could not be ended')
    }
  }

  #add(name: string, entry: TenantEntry): Tenant {
    const { ground, log } = this.#parts
    const state = join(ground.state, 'tenants', name)
    // What is kept of a tenant's modules is for the host alone.
    mkdirSync(state, { recursive: true, mode: 0o700 })
    const tenant = this.#made(name, tenantConfig(this.#config, name, entry), { state, log: log.child({ tenant: name }) })
    tenant.opened.host.events.subscribe((event) => this.events.emit({ ...event, tenant: name }))
    this.#tenants.set(name, tenant)
    return tenant
  }

  #install(config: Config): Tenant | undefined {
    const { ground, log } = this.#parts
    const own = installationConfig(config)
    const installation = own && this.#made(OPERATOR, own, { state: ground.state, log })
    // Only then do tenants look at a file of it again: what is new in it is known.
    installation?.opened.host.events.subscribe(({ file }) => {
      for (const { name, opened } of this.all) void this.#unlessWrong(name, () => opened.host.look(new Set([file])))
    })
    return installation
  }

  async #renewInstallation(config: Config): Promise<void> {
    const own = installationConfig(config)
    if (own !== undefined && this.#installation !== undefined) {
      await this.#installation.hold(own)
      return await this.#installation.renew(own)
    }
    const before = this.#installation
    this.#installation = this.#install(config)
    await Promise.all([before?.destroy(), this.#installation?.start()])
  }

  #made(name: string, config: Config, { state, log }: { readonly state: string; readonly log: Logger }): Tenant {
    const { ground, ending } = this.#parts
    const { profile } = ground
    const groups = profile.groups instanceof ControlGroups ? new TenantGroups(profile.groups) : undefined
    return new Tenant({
      name, config, ending, log, groups,
      ground: { ...ground, profile: { ...profile, ...(groups && { groups }) }, state, run: join(ground.run, `t${this.#count++}`) },
      memoryBytes: () => this.#shares.of(name),
      known: (source) => (name === OPERATOR ? undefined : this.#known(source)),
      bytes: byteBudget(config.queue.bodiesMb * MEGABYTE, this.bytes.share()),
      answers: this.answers.share(),
    })
  }

  /** Of a module of the installation. Throws LoadError. */
  #known(source: ModuleSource): ReturnType<typeof knownTo> {
    const { custom, modules } = this.#config.roots
    const isInstalled = source.builtin || source.root === custom || modules.includes(source.root)
    return isInstalled && this.#installation ? knownTo(this.#installation.opened.host, source) : undefined
  }

  /** Settles when it is done for all, or for those for which it is quick. */
  async #each(tenants: readonly Tenant[], act: (tenant: Tenant) => Promise<void>): Promise<void> {
    await atMost(PATIENCE_MS, inLanes(tenants, (tenant) => this.#unlessWrong(tenant.name, () => act(tenant)), LANES))
  }

  async #unlessWrong(name: string, act: () => void | Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      this.#owe(name)
      this.#parts.log.error({ err: error, tenant: name }, 'the modules of this tenant are as they were before')
    }
  }
}

const LANES = { parallel: availableParallelism(), patienceMs: 1000 }
