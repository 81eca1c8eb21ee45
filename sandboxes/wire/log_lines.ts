import type { Readable } from 'node:stream'

/** Most of one line that is kept; a module that prints a gigabyte without a newline must not be stored. */
const LINE_BYTES = 8 * 1024
/** The beginning of a line is a line when nothing has followed for so long. */
const QUIET_MS = 200

export interface LogCaps {
  readonly bytes: number
  readonly lines: number
  /** How often they are counted anew, where that is not for each query. */
  readonly everyMs?: number
}

/**
 * Reads what a runner prints and hands over whole lines, capped per query or time: past the caps the bytes are read and dropped,
 * so that a module that floods its log neither fills the host's memory nor blocks on a full pipe.
 */
export class LogLines {
  readonly #caps: LogCaps
  readonly #onLine: (text: string, query: string | undefined) => void
  #partial = Buffer.alloc(0)
  /** The rest of a line that was too long. */
  #skipping = false
  #quiet: NodeJS.Timeout | undefined
  #bytes = 0
  #lines = 0
  #since = 0
  #query: string | undefined
  #next: string | undefined

  constructor(stream: Readable, caps: LogCaps, onLine: (text: string, query: string | undefined) => void) {
    this.#caps = caps
    this.#onLine = onLine
    stream.on('data', (chunk: Buffer) => this.#take(chunk))
    stream.on('error', () => {})
    stream.on('close', () => this.#flush())
  }

  /**
   * From now on lines belong to this query. What the previous one printed may still be in the kernel's buffer; it is read
   * in this turn of the event loop, hence the switch at the end of it.
   */
  attribute(query: string): void {
    if (this.#next === undefined) setImmediate(() => this.#switch())
    this.#next = query
  }

  #switch(): void {
    this.#flush()
    this.#query = this.#next
    this.#next = undefined
    this.#countAnew()
  }

  #countAnew(): void {
    this.#bytes = 0
    this.#lines = 0
    this.#skipping = false
  }

  #take(chunk: Buffer): void {
    clearTimeout(this.#quiet)
    const { everyMs } = this.#caps
    if (everyMs !== undefined && performance.now() - this.#since > everyMs) {
      this.#since = performance.now()
      // A line that is being skipped goes on.
      if (this.#full()) this.#countAnew()
      else this.#bytes = this.#lines = 0
    }
    let start = 0
    while (start < chunk.length && !this.#full()) {
      const newline = chunk.indexOf(NEWLINE, start)
      const end = newline < 0 ? chunk.length : newline
      if (!this.#skipping) this.#extend(chunk.subarray(start, end))
      if (newline >= 0) {
        this.#flush()
        this.#skipping = false
      }
      start = end + 1
    }
    if (this.#partial.length > 0) this.#quiet = setTimeout(() => this.#flush(), QUIET_MS).unref()
  }

  #full(): boolean {
    return this.#lines >= this.#caps.lines || this.#bytes >= this.#caps.bytes
  }

  #extend(part: Buffer): void {
    const room = LINE_BYTES - this.#partial.length
    this.#partial = Buffer.concat([this.#partial, part.subarray(0, room)])
    if (part.length <= room) return
    this.#flush(' ... (cut)')
    this.#skipping = true
  }

  #flush(mark = ''): void {
    clearTimeout(this.#quiet)
    if (this.#partial.length === 0) return
    this.#bytes += this.#partial.length
    this.#lines += 1
    this.#onLine(`${this.#partial.toString()}${mark}`, this.#query)
    this.#partial = Buffer.alloc(0)
    if (!this.#full()) return
    const { lines, bytes, everyMs } = this.#caps
    const what = everyMs === undefined ? 'a query may log' : `in ${everyMs / 1000} s a fork server may log`
    this.#onLine(`... the rest is dropped: ${what} ${lines} lines and ${bytes} bytes`, this.#query)
  }
}

const NEWLINE = 0x0a
