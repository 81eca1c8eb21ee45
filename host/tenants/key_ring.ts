import { timingSafeEqual } from 'node:crypto'
import type { Config } from '../config/config.ts'
import { OPERATOR } from '../config/tenants.ts'
import { digestOf } from './keys.ts'

/** Whose keys are whose: of tenants, and of the operator. */
export class KeyRing {
  readonly #owners = new Map<string, readonly Buffer[]>()

  constructor({ tenants, operator }: Pick<Config, 'tenants' | 'operator'>) {
    for (const [name, { keys }] of Object.entries(tenants)) this.#owners.set(name, keys.map(toBytes))
    this.#owners.set(OPERATOR, operator.keys.map(toBytes))
  }

  /** Whose key it is; undefined: nobody's, or not that of `user` where one is named. */
  ownerOf(key: string, user: string | undefined): string | undefined {
    const digest = digestOf(key)
    if (digest === undefined) return undefined
    let owner: string | undefined
    // All are compared, whoever it is and whether it is found: how long that takes tells nothing of who there is.
    for (const [name, keys] of this.#owners) {
      for (const each of keys) if (timingSafeEqual(each, digest)) owner = name
    }
    return user === undefined || user === owner ? owner : undefined
  }
}

function toBytes(hash: string): Buffer {
  return Buffer.from(hash.slice(hash.indexOf(':') + 1), 'hex')
}
