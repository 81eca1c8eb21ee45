import { viewOf } from './bytes.ts'
import { DOMException } from './dom_exception.ts'
import { hashes } from './late.ts'

const ALGORITHMS = { 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' } as const

/** The web's `crypto.subtle.digest`. MD5 is not part of it. */
export async function digest(algorithm: string | { name: string }, data: ArrayBuffer | ArrayBufferView): Promise<ArrayBuffer> {
  const name = String(typeof algorithm === 'object' ? algorithm.name : algorithm).toUpperCase()
  const hash = Object.hasOwn(ALGORITHMS, name) ? ALGORITHMS[name as keyof typeof ALGORITHMS] : undefined
  if (hash === undefined) throw new DOMException(`expected ${Object.keys(ALGORITHMS).join(', ')}; found ${name}`, 'NotSupportedError')
  const bytes = viewOf(data)
  if (bytes === undefined) throw new TypeError('expected an ArrayBuffer or a view of one')
  return hashes()[hash](bytes).slice().buffer
}
