import { randomBytes, timingSafeEqual } from 'node:crypto'
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
    if (user === undefined) return [...this.#owners.keys()].filter((name) => this.#isOf(name, digest))[0]
    return this.#isOf(user, digest) ? user : undefined
  }

  /** All keys of it are compared, and for a name that nobody has one that nobody has: how long that takes tells nothing of who there is. */
  #isOf(name: string, digest: Buffer): boolean {
    let isOf = false
    for (const each of this.#owners.get(name) ?? NOBODYS) if (timingSafeEqual(each, digest)) isOf = true
    return isOf
  }
}

const NOBODYS: readonly Buffer[] = [randomBytes(32)]

function toBytes(hash: string): Buffer {
  return Buffer.from(hash.slice(hash.indexOf(':') + 1), 'hex')
}
