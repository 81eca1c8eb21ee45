export type AnswerState = 'more' | 'right' | 'wrong' | 'failed'

/**
 * Tells when an answer is complete and whether it is right, looking at as little as possible: an answer that came in one
 * piece of the same size as one that was found right costs a comparison. The sizes of a wrong answer must differ from those
 * of a right one, which they do where the module answers a constant.
 */
export class AnswerReader {
  readonly #holds: string | undefined
  #rightSize = -1
  #text = ''
  #bytes = 0
  #total = -1

  constructor(holds: string | undefined) {
    this.#holds = holds
  }

  push(buffer: Buffer, length: number): AnswerState {
    if (this.#bytes === 0 && length === this.#rightSize && buffer[9] === TWO) return 'right'
    // Only what the check needs is kept: the head, and the body where something is looked for in it.
    if (this.#total < 0 || this.#holds !== undefined) this.#text += buffer.toString('latin1', 0, length)
    this.#bytes += length
    if (this.#total < 0) this.#total = totalBytes(this.#text)
    if (this.#total < 0 || this.#bytes < this.#total) return 'more'
    return this.#judge()
  }

  /** The answer that was judged last, where it was not right. */
  odd = ''

  #judge(): AnswerState {
    const [text, bytes, total] = [this.#text, this.#bytes, this.#total]
    this.#text = ''
    this.#bytes = 0
    this.#total = -1
    const ok = text.startsWith('HTTP/1.1 200')
    if (ok && bytes === total && (this.#holds === undefined || text.includes(this.#holds))) {
      this.#rightSize = total
      return 'right'
    }
    this.odd = text.slice(0, 2000)
    return ok ? 'wrong' : 'failed'
  }
}

const TWO = 0x32

/** Size of the whole answer once its head is there, else -1. */
function totalBytes(text: string): number {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return -1
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1]
  return length === undefined ? end + 4 : end + 4 + Number(length)
}
