import { z } from 'zod'
import type { EgressProxy } from '../../sandboxes/contract.ts'
import { Egress } from './egress.ts'
import { HostSection } from './host.ts'
import { Isolates } from './isolates.ts'
import { LimitsSection, Modules } from './limits.ts'
import { Log } from './log.ts'
import { PoolSection, Queue } from './pool.ts'
import { Python } from './python.ts'
import { Roots } from './roots.ts'
import { Server } from './server.ts'
import { settingsOf, type Setting } from './setting.ts'
import type { Operator, Tenants } from './tenants.ts'

const SECTIONS = {
  server: Server,
  roots: Roots,
  host: HostSection,
  python: Python,
  isolates: Isolates,
  limits: LimitsSection,
  pool: PoolSection,
  queue: Queue,
  egress: Egress,
  log: Log,
} as const

type Sections = { readonly [Name in keyof typeof SECTIONS]: Readonly<z.infer<(typeof SECTIONS)[Name]>> }

/** Everything an operator can decide, complete and frozen. */
export interface Config extends Sections {
  /** Names or patterns of modules, and what holds for them. */
  readonly modules: Modules
  /** By name. None: whoever reaches the port may ask, and `tenant` is absent. */
  readonly tenants: Tenants
  readonly operator: Operator
  /** Only in what the host of one tenant is made of; see configOf in tenants/. */
  readonly tenant?: TenantPart
  /** What the operator adds to headers, by name. */
  readonly secrets: Readonly<Record<string, string>>
  /** The proxies that the host's own environment names, and what it excepts from any. */
  readonly surroundings: { readonly proxy: EgressProxy | undefined; readonly noProxy: readonly string[] }
}

/** What the host of one tenant has besides its settings. */
export interface TenantPart {
  readonly name: string
  /** Most queries that run at a time. */
  readonly concurrency: number
  readonly shared: SharedModules
}

/** The operator's modules that a tenant sees. */
export interface SharedModules {
  /** Names or patterns. */
  readonly names: readonly string[]
  /** The operator's own roots, besides the installed misp-modules; undefined: they are the roots of this very configuration. */
  readonly roots: Roots | undefined
}

export const SECTION_NAMES = Object.keys(SECTIONS) as readonly (keyof Sections)[]

/** Every key that is a flag and an environment variable too. */
export const SETTINGS: readonly Setting[] = Object.entries(SECTIONS).flatMap(([name, schema]) => settingsOf(name, schema))
