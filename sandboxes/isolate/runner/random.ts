import { closeSync, openSync, readSync } from 'node:fs'

/** So many random bytes of the kernel's, in hexadecimal. Not by Node's `crypto`, which a process needs 20 ms to load. */
export function randomHex(bytes: number): string {
  const file = openSync('/dev/urandom', 'r')
  try {
    const read = Buffer.alloc(bytes)
    if (readSync(file, read) !== bytes) throw new Error('expected random bytes from /dev/urandom')
    return read.toString('hex')
  } finally {
    closeSync(file)
  }
}
