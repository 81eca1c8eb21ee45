import { SmallChunks } from './small_chunks.ts'

/**
 * Frames: a 4-byte big-endian length, a one-line JSON header, then the payload bytes untouched. The length counts header,
 * newline and payload. The runners' side of the same format is python/runner/frames.py.
 */

/** The version of what is said in them, see messages.ts. */
export const PROTOCOL = 1

/** A frame as it came: the header is any JSON value, not yet believed. */
export interface Frame {
  readonly header: unknown
  readonly payload: readonly Buffer[]
  readonly payloadBytes: number
}

/** What a peer wrote is no frame, or a larger one than was agreed. */
export class FrameError extends Error {
  override name = 'FrameError'
}

const HEADER_BYTES = 64 * 1024
const NEWLINE = 0x0a
const BRACE = 0x7b
/** Of what is no frame: so that its author knows it again. */
const SHOWN_BYTES = 40

/** The parts of one frame, in order; the payload's chunks are passed on as they are. */
export function encodeFrame(header: object, payload: readonly Uint8Array[] = []): Uint8Array[] {
  const line = JSON.stringify(header)
  const lineBytes = Buffer.byteLength(line) + 1
  let payloadBytes = 0
  for (const chunk of payload) payloadBytes += chunk.length
  const small = payload.length === 1 && payloadBytes < 4096
  const head = Buffer.allocUnsafe(4 + lineBytes + (small ? payloadBytes : 0))
  head.writeUInt32BE(lineBytes + payloadBytes, 0)
  head.write(line, 4)
  head[3 + lineBytes] = NEWLINE
  if (!small) return [head, ...payload]
  head.set(payload[0] as Uint8Array, 4 + lineBytes)
  return [head]
}

/**
 * Cuts a byte stream into frames. Chunks are kept in a list until a frame is whole, and only small ones are copied together; a length above
 * `maxBytes` is refused before anything is stored for it.
 */
export class FrameReader {
  #maxBytes: number
  readonly #begins: ((bytes: number) => void) | undefined
  #chunks: Buffer[] = []
  readonly #small = new SmallChunks()
  #size = 0
  /** Bytes wanted before there is something to do: the length, then the frame. */
  #frameBytes = -1

  /** `begins` is told how long a frame is before it comes. */
  constructor(maxBytes: number, begins?: (bytes: number) => void) {
    this.#maxBytes = maxBytes
    this.#begins = begins
  }

  /** From the next frame on, so many bytes are taken. */
  allow(maxBytes: number): void {
    this.#maxBytes = maxBytes
  }

  /** Frames that `chunk` completes. Throws FrameError; the stream is then of no use any more. */
  push(chunk: Buffer): Frame[] {
    this.#small.add(this.#chunks, chunk)
    this.#size += chunk.length
    const frames: Frame[] = []
    for (;;) {
      if (this.#frameBytes < 0) {
        if (this.#size < 4) return frames
        const start = this.#peek(SHOWN_BYTES)
        const bytes = start.readUInt32BE(0)
        const mayBeText = isText(start.subarray(0, 4))
        // The next byte tells.
        if (mayBeText && start.length > 4 && start[4] !== BRACE) throw new FrameError(`expected a frame, found ${JSON.stringify(start.toString())}`)
        if (bytes > this.#maxBytes) {
          if (mayBeText && start.length === 4) return frames
          throw new FrameError(`a frame of ${bytes} bytes, at most ${this.#maxBytes} are taken`)
        }
        this.#take(4)
        this.#frameBytes = bytes
        this.#begins?.(bytes)
      }
      if (this.#size < this.#frameBytes) return frames
      frames.push(parseFrame(this.#take(this.#frameBytes)))
      this.#frameBytes = -1
    }
  }

  /** The next bytes, as far as they are there. */
  #peek(bytes: number): Buffer {
    const first = this.#chunks[0] as Buffer
    return (first.length >= bytes ? first : Buffer.concat(this.#chunks.slice(0, bytes))).subarray(0, bytes)
  }

  #take(bytes: number): Buffer[] {
    this.#size -= bytes
    const first = this.#chunks[0]
    if (first !== undefined && first.length > bytes) {
      this.#chunks[0] = first.subarray(bytes)
      return [first.subarray(0, bytes)]
    }
    const taken: Buffer[] = []
    let missing = bytes
    let used = 0
    while (missing > 0) {
      const chunk = this.#chunks[used] as Buffer
      if (chunk.length > missing) {
        taken.push(chunk.subarray(0, missing))
        this.#chunks[used] = chunk.subarray(missing)
        missing = 0
      } else {
        taken.push(chunk)
        missing -= chunk.length
        used += 1
      }
    }
    this.#chunks = used === this.#chunks.length ? [] : this.#chunks.slice(used)
    return taken
  }
}

function parseFrame(chunks: Buffer[]): Frame {
  let first = chunks[0] ?? Buffer.alloc(0)
  let rest = 1
  let end = first.indexOf(NEWLINE)
  while (end < 0 && rest < chunks.length && first.length < HEADER_BYTES) {
    first = Buffer.concat([first, chunks[rest] as Buffer])
    rest += 1
    end = first.indexOf(NEWLINE)
  }
  if (end < 0 || end > HEADER_BYTES) throw new FrameError(`a frame without a header line in its first ${HEADER_BYTES} bytes`)
  const header = parseHeader(first.toString('utf8', 0, end))
  const payload: Buffer[] = end + 1 < first.length ? [first.subarray(end + 1)] : []
  let payloadBytes = first.length - end - 1
  for (const chunk of chunks.slice(rest)) {
    payload.push(chunk)
    payloadBytes += chunk.length
  }
  return { header, payload, payloadBytes }
}

function parseHeader(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new FrameError('a frame whose header is not JSON', { cause })
  }
}

function isText(bytes: Buffer): boolean {
  return bytes.every((byte) => (byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d))
}
