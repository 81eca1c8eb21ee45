/** A chunk costs some hundred bytes beside its own: from here on that is not worth a copy. */
const SMALL = 4096
const LEAST_SLAB = 1024
const MOST_SLAB = 64 * 1024

/**
 * Keeps the chunks of a stream in a list. Small ones that follow others are copied together, so that whoever sends a byte at a time
 * makes the host hold little more than the bytes; one that comes alone, and a large one, are kept as they came.
 */
export class SmallChunks {
  #slab = Buffer.alloc(0)
  #used = 0
  /** Where in the slab the list's last chunk begins, if it is `#last`. */
  #start = 0
  #last: Buffer | undefined

  /** Adds a chunk to the end of a list, which is its caller's to take from. */
  add(chunks: Buffer[], chunk: Buffer): void {
    if (chunks.length === 0 || chunk.length >= SMALL) {
      chunks.push(chunk)
      return
    }
    for (let at = 0; at < chunk.length;) {
      if (this.#used === this.#slab.length) this.#renew()
      const bytes = Math.min(chunk.length - at, this.#slab.length - this.#used)
      chunk.copy(this.#slab, this.#used, at, at + bytes)
      this.#place(chunks, bytes)
      at += bytes
    }
  }

  #renew(): void {
    // Not of Node's own pool, which would be kept alive with it; larger each time, because few streams are long.
    this.#slab = Buffer.allocUnsafeSlow(Math.min(MOST_SLAB, Math.max(LEAST_SLAB, 2 * this.#slab.length)))
    this.#used = 0
    this.#last = undefined
  }

  #place(chunks: Buffer[], bytes: number): void {
    const follows = this.#last !== undefined && chunks.at(-1) === this.#last
    if (!follows) this.#start = this.#used
    this.#used += bytes
    this.#last = this.#slab.subarray(this.#start, this.#used)
    if (follows) chunks[chunks.length - 1] = this.#last
    else chunks.push(this.#last)
  }
}
