/** Bytes as texts with one character for each of them, which is how they cross the border. */
export function toBytes(latin1: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(latin1.length)
  for (let at = 0; at < latin1.length; at += 1) bytes[at] = latin1.charCodeAt(at)
  return bytes
}

/** Arguments of a call are on the stack: not all bytes at once. */
const AT_ONCE = 8192

export function fromBytes(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += AT_ONCE) text += String.fromCharCode(...bytes.subarray(at, at + AT_ONCE))
  return text
}

/** The bytes behind an ArrayBuffer or a view of one; undefined for anything else. */
export function viewOf(value: unknown): Uint8Array | undefined {
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  return ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : undefined
}
