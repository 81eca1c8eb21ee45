import { DOMException } from './dom_exception.ts'
import { hashes } from './late.ts'

const AT_ONCE = 65_536
/** Bytes of a block that are the next key, and those that are given out. */
const KEY = 32

/**
 * Random bytes from a secret of the host's (`seed`, hexadecimal, 32 bytes or more): each block is the SHA-512 of the key, of which half
 * is given out and half is the next key, so that what was given out cannot be found from what is kept.
 */
export function makeRandom(seed: string | undefined): (length: number) => Uint8Array {
  let key: Uint8Array | undefined
  return (length) => {
    const { 'SHA-512': sha512 } = hashes()
    key ??= firstKey(seed, sha512)
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; at += KEY) {
      const block: Uint8Array = sha512(key)
      key = block.slice(0, KEY)
      bytes.set(block.subarray(KEY, KEY + Math.min(KEY, length - at)), at)
    }
    return bytes
  }
}

function firstKey(seed: string | undefined, sha512: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  if (seed === undefined || !/^([\da-f]{2}){32,}$/.test(seed)) throw new DOMException('there are no random numbers here', 'NotSupportedError')
  return sha512(Uint8Array.from(seed.match(/../g) ?? [], (hex) => Number.parseInt(hex, 16))).subarray(0, KEY)
}

type Integers = Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array | Int32Array | Uint32Array | BigInt64Array | BigUint64Array

/** The web's `getRandomValues` and `randomUUID`. */
export function randomFunctions(random: (length: number) => Uint8Array) {
  return {
    getRandomValues<Values extends Integers>(values: Values): Values {
      if (!ArrayBuffer.isView(values) || values instanceof DataView || /Float/.test(values[Symbol.toStringTag])) {
        throw new DOMException('expected an array of integers, such as Uint8Array', 'TypeMismatchError')
      }
      if (values.byteLength > AT_ONCE) throw new DOMException(`expected at most ${AT_ONCE} bytes, found ${values.byteLength}`, 'QuotaExceededError')
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength).set(random(values.byteLength))
      return values
    },
    randomUUID(): string {
      const bytes = random(16)
      bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
      bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
      const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
    },
  }
}
