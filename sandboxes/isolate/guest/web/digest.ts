import { viewOf } from './bytes.ts'
import { DOMException } from './dom_exception.ts'
import { hashes } from './late.ts'

/** The web's `crypto.subtle.digest`. MD5 is not part of it. */
export async function digest(algorithm: string | { name: string }, data: ArrayBuffer | ArrayBufferView): Promise<ArrayBuffer> {
  const name = String(typeof algorithm === 'object' ? algorithm.name : algorithm).toUpperCase()
  const algorithms = hashes()
  const hash = Object.hasOwn(algorithms, name) ? algorithms[name as keyof typeof algorithms] : undefined
  if (hash === undefined) throw new DOMException(`expected ${Object.keys(algorithms).join(', ')}; found ${name}`, 'NotSupportedError')
  const bytes = viewOf(data)
  if (bytes === undefined) throw new TypeError('expected an ArrayBuffer or a view of one')
  return hash(bytes).slice().buffer
}
