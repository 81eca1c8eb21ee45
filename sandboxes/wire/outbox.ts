import type { Writable } from 'node:stream'

/** So many frames are written at once: the reader works on them while the next are made. */
const TOGETHER = 4
/** What is longer is not copied to be joined with others. */
const SMALL = 16 * 1024

/** Frames on their way to the other end of a channel. A few of one turn of the event loop leave in one write. */
export class Outbox {
  readonly #output: Writable
  #parts: Uint8Array[] = []
  #frames = 0
  #bytes = 0

  constructor(output: Writable) {
    this.#output = output
  }

  /** `now`: with all that is waiting, because nothing else is being done meanwhile. */
  put(parts: readonly Uint8Array[], now: boolean): void {
    if (this.#frames === 0 && !now) setImmediate(() => this.#flush())
    this.#frames += 1
    for (const part of parts) {
      this.#parts.push(part)
      this.#bytes += part.length
    }
    if (now || this.#frames >= TOGETHER) this.#flush()
  }

  #flush(): void {
    const parts = this.#parts
    if (parts.length === 0) return
    const joins = parts.length > 1 && this.#bytes <= SMALL
    this.#parts = []
    this.#frames = 0
    if (joins) this.#output.write(Buffer.concat(parts, this.#bytes))
    else if (parts.length === 1) this.#output.write(parts[0])
    else {
      this.#output.cork()
      for (const part of parts) this.#output.write(part)
      this.#output.uncork()
    }
    this.#bytes = 0
  }
}
