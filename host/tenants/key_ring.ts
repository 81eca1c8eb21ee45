import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { Config } from '../config/config.ts'
import { OPERATOR } from '../config/tenants.ts'
import { digestOf } from './keys.ts'

type Keys = Pick<Config, 'tenants' | 'operator'>

/** A key that holds. */
export interface KeyOwner {
  readonly name: string
  /** Aborted when the key no longer holds: what was opened with it ends. */
  readonly revoked: AbortSignal
}

interface Held {
  readonly hash: string
  readonly digest: Buffer
  readonly revocation: AbortController
}

/** Whose keys are whose: of tenants, and of the operator. */
export class KeyRing {
  readonly #owners: ReadonlyMap<string, readonly Held[]>

  constructor(keys: Keys, before?: KeyRing) {
    const held = (name: string, hash: string): Held => (before && before.#find(name, hash)) ?? toHeld(hash)
    this.#owners = new Map(Object.entries(hashesOf(keys)).map(([name, hashes]) => [name, hashes.map((hash) => held(name, hash))]))
  }

  /** The keys of another configuration. Of those that it no longer has the same owner for, what was opened with them ends. */
  renewed(keys: Keys): KeyRing {
    const next = new KeyRing(keys, this)
    for (const [name, held] of this.#owners) {
      for (const { hash, revocation } of held) if (next.#find(name, hash) === undefined) revocation.abort()
    }
    return next
  }

  /** Whose key it is; undefined: nobody's, or not that of `user` where one is named. */
  ownerOf(key: string, user: string | undefined): KeyOwner | undefined {
    const digest = digestOf(key)
    if (digest === undefined) return undefined
    const names = user === undefined ? [...this.#owners.keys()] : [user]
    return names.map((name) => this.#ownedBy(name, digest)).filter((owner) => owner !== undefined)[0]
  }

  /** All keys of it are compared, and for a name that nobody has one that nobody has: how long that takes tells nothing of who there is. */
  #ownedBy(name: string, digest: Buffer): KeyOwner | undefined {
    let found: KeyOwner | undefined
    for (const each of this.#owners.get(name) ?? NOBODYS) if (timingSafeEqual(each.digest, digest)) found = { name, revoked: each.revocation.signal }
    return found
  }

  #find(name: string, hash: string): Held | undefined {
    return this.#owners.get(name)?.find((each) => each.hash === hash)
  }
}

function hashesOf({ tenants, operator }: Keys): Readonly<Record<string, readonly string[]>> {
  const all = Object.fromEntries(Object.entries(tenants).map(([name, { keys }]) => [name, keys]))
  return { ...all, [OPERATOR]: operator.keys }
}

function toHeld(hash: string): Held {
  return { hash, digest: Buffer.from(hash.slice(hash.indexOf(':') + 1), 'hex'), revocation: new AbortController() }
}

const NOBODYS: readonly Held[] = [toHeld(`sha256:${randomBytes(32).toString('hex')}`)]
