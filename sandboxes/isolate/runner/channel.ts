import { Socket } from 'node:net'
import { encodeFrame, FrameReader } from '../../wire/frames.ts'
import type { FromHost } from './messages.ts'

/** So many are written at once: the host works on them while the next are made. */
const TOGETHER = 4
const MOST = 0xffff_ffff

/** Frames over descriptors 0 and 1. A few frames of one turn of the event loop are written at once: each write costs more than a query. */
export class Channel {
  readonly #output = new Socket({ fd: 1, readable: false, writable: true })
  /** Frames that wait to be written together. */
  #waiting = 0

  /** `take` gets each message; `closed` is told when the host has closed the channel. */
  constructor(take: (message: FromHost, payload: readonly Buffer[]) => void, closed: () => void) {
    const reader = new FrameReader(MOST)
    const input = new Socket({ fd: 0, readable: true, writable: false })
    input.on('data', (chunk: Buffer) => {
      for (const { header, payload } of reader.push(chunk)) take(header as FromHost, payload)
    })
    input.on('error', () => {})
    input.on('close', closed)
    this.#output.on('error', closed)
  }

  send(header: object, payload?: Uint8Array): void {
    if (this.#waiting === 0) {
      this.#output.cork()
      setImmediate(() => this.#flush())
    }
    this.#waiting += 1
    for (const part of encodeFrame(header, payload === undefined ? [] : [payload])) this.#output.write(part)
    if (this.#waiting >= TOGETHER) this.#flush()
  }

  #flush(): void {
    if (this.#waiting === 0) return
    this.#waiting = 0
    this.#output.uncork()
  }

  close(): void {
    this.#output.destroy()
  }
}
