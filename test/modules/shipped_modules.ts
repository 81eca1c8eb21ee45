import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { MODULE_TYPES } from '../../sandboxes/contract.ts'
import { PROJECT } from '../support/source_tree.ts'

export const SHIPPED_ROOT = join(PROJECT, 'modules')

export interface ShippedModule {
  /** `expansion/dns_records` */
  readonly path: string
  readonly name: string
  readonly type: string
  readonly file: string
}

/** The modules that come with the host, read from their folders. */
export function shippedModules(): ShippedModule[] {
  return MODULE_TYPES.flatMap((type) => readdirSync(join(SHIPPED_ROOT, type)).flatMap((entry) => {
    const name = /^([^_.].*)\.(?:ts|py)$/.exec(entry)?.[1]
    return name === undefined ? [] : [{ path: `${type}/${name}`, name, type, file: join(SHIPPED_ROOT, type, entry) }]
  }))
}
