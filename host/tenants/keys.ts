import { hash, randomBytes } from 'node:crypto'

const BYTES = 32

/** Exactly what newKey makes: what people think up is refused, whatever its hash. */
const FORM = /^[\w-]{43}$/

/** A new key: 256 random bits that fit into an address without being escaped. */
export function newKey(): string {
  return randomBytes(BYTES).toString('base64url')
}

/**
 * What is kept of a key. A fast hash without salt is right here: slow ones make it expensive to try the words that people choose, and
 * nobody can try 2^256 keys at any speed; every request would pay for them.
 */
export function hashOf(key: string): string {
  return `sha256:${hash('sha256', key)}`
}

/** Its hash as bytes, for comparing; undefined where it cannot be a key. */
export function digestOf(key: string): Buffer | undefined {
  return FORM.test(key) ? hash('sha256', key, 'buffer') : undefined
}
