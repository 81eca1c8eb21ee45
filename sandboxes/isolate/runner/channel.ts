import { Socket } from 'node:net'
import { encodeFrame, FrameReader } from '../../wire/frames.ts'
import { Outbox } from '../../wire/outbox.ts'
import type { FromHost } from './messages.ts'

const MOST = 0xffff_ffff

/** Frames over descriptors 0 and 1. A few frames of one turn of the event loop are written at once: each write costs more than a query. */
export class Channel {
  readonly #output = new Socket({ fd: 1, readable: false, writable: true })
  readonly #outbox = new Outbox(this.#output)

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
    this.#outbox.put(encodeFrame(header, payload === undefined ? [] : [payload]), false)
  }

  close(): void {
    this.#output.destroy()
  }
}
