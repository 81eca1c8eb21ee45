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
  /** The proxies that the host's own environment names, and what it excepts from any. */
  readonly surroundings: { readonly proxy: EgressProxy | undefined; readonly noProxy: readonly string[] }
}

export const SECTION_NAMES = Object.keys(SECTIONS) as readonly (keyof Sections)[]

/** Every key that is a flag and an environment variable too. */
export const SETTINGS: readonly Setting[] = Object.entries(SECTIONS).flatMap(([name, schema]) => settingsOf(name, schema))
