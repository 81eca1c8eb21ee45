/**
 * The text of one token that may arrive in pieces, up to a limit of bytes. A token that comes whole is decoded from its chunk;
 * pieces are copied, so that no chunk is kept alive.
 */
export class TokenText {
  #limit = 0
  #length = 0
  #kept: Buffer | undefined

  start(limit: number): void {
    this.#limit = limit
    this.#length = 0
  }

  /** Keeps a piece of a token that goes on in the next chunk. */
  keep(chunk: Uint8Array, from: number, to: number): void {
    const length = this.#length + to - from
    if (length <= this.#limit) {
      this.#room(length).set(chunk.subarray(from, to), this.#length)
    }
    this.#length = length
  }

  /** The whole text, given the last piece; undefined if it is longer than the limit. */
  end(chunk: Uint8Array, from: number, to: number): string | undefined {
    if (this.#length === 0) return to - from > this.#limit ? undefined : decode(chunk, from, to)
    this.keep(chunk, from, to)
    return this.#length > this.#limit ? undefined : decode(this.#room(0), 0, this.#length)
  }

  #room(length: number): Buffer {
    if (this.#kept === undefined || this.#kept.length < length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(Math.max(64, 2 * length), this.#limit))
      larger.set(this.#kept?.subarray(0, this.#length) ?? [])
      this.#kept = larger
    }
    return this.#kept
  }
}

function decode(chunk: Uint8Array, from: number, to: number): string {
  const buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
  return buffer.toString('utf8', from, to)
}
