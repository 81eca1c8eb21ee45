const OPEN = 0x7b
const CLOSE = 0x7d

/** A body in its chunks. */
interface Chunks {
  readonly chunks: readonly Uint8Array[]
  readonly bytes: number
}

/**
 * A JSON object that names no module, with `"module"` put in as its first member; whatever else was in it stays byte for byte. The
 * body must be known to be a valid object.
 */
export function namedBody({ chunks, bytes }: Chunks, module: string): Chunks {
  const { chunk, at } = find(chunks, 0, 0)
  const next = find(chunks, chunk, at + 1)
  const isEmpty = chunks[next.chunk]![next.at] === CLOSE
  const member = Buffer.from(`"module":${JSON.stringify(module)}${isEmpty ? '' : ','}`)
  const opened = chunks[chunk]!
  const parts = [opened.subarray(0, at + 1), member, opened.subarray(at + 1)].filter(({ length }) => length > 0)
  return { chunks: [...chunks.slice(0, chunk), ...parts, ...chunks.slice(chunk + 1)], bytes: bytes + member.length }
}

/** The first byte from there on that is no white space: the object's brace, then what follows it. */
function find(chunks: readonly Uint8Array[], from: number, start: number): { chunk: number; at: number } {
  for (let chunk = from; chunk < chunks.length; chunk += 1) {
    const bytes = chunks[chunk]!
    for (let at = chunk === from ? start : 0; at < bytes.length; at += 1) {
      if (!WHITE.has(bytes[at]!)) return { chunk, at }
    }
  }
  throw new Error(`expected an object, found a body without ${String.fromCharCode(OPEN)}`)
}

const WHITE = new Set([0x20, 0x09, 0x0a, 0x0d])
