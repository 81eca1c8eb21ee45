import type { Readable } from 'node:stream'
import type { Entry, Share } from '../shared_bytes.ts'

/** What is no longer is neither counted nor kept waiting. */
export const SMALL_ANSWER = 64 * 1024

/** The room in the host for the frame that is coming: while there is none for a long one, no more is read and its runner has to wait. */
export class FrameRoom {
  readonly #output: Readable
  readonly #answers: Pick<Share, 'enter'>
  #entry: Entry | undefined

  constructor(output: Readable, answers: Pick<Share, 'enter'>) {
    this.#output = output
    this.#answers = answers
  }

  /** Bytes that no room has been found for; undefined: none. */
  get missing(): number | undefined {
    return this.#entry?.waits ? this.#entry.bytes : undefined
  }

  /** A frame of so many bytes begins. */
  begin(bytes: number): void {
    if (bytes <= SMALL_ANSWER) return
    this.#entry = this.#answers.enter(bytes, () => this.#output.resume())
    if (this.#entry.waits) this.#output.pause()
  }

  /** It is whole, or nobody waits for it. Whoever has it counts it as held in this turn of the event loop. */
  leave(): void {
    const entry = this.#entry
    if (entry === undefined) return
    this.#entry = undefined
    if (entry.waits) this.#output.resume()
    setImmediate(() => entry.leave())
  }
}
