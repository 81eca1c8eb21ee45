/**
 * The digits of 2^1024 - 2^970, the smallest magnitude that rounds to infinity. Comparing digits as they come decides overflow
 * exactly, whatever the length of the number, without keeping it.
 */
const TOO_LARGE = String(2n ** 1024n - 2n ** 970n)

/** Far above any exponent that a body's worth of leading zeros could make up for, and far below 2^53. */
const LARGEST_EXPONENT = 1e14

/** Where in the number the next byte stands. */
const AT_START = 0
const AFTER_MINUS = 1
const AFTER_ZERO = 2
const IN_INTEGER = 3
const AFTER_POINT = 4
const IN_FRACTION = 5
const AFTER_E = 6
const AFTER_EXPONENT_SIGN = 7
const IN_EXPONENT = 8

/** A JSON number that may arrive in pieces. Keeps a few numbers, never the text. */
export class JsonNumber {
  /** Whether a further byte may belong to it. */
  open = false
  /** Why it is not a number that a double can hold; the byte at the index that `read` answered, or the one before, is to blame. */
  reason: string | undefined
  #place = AT_START
  /** The magnitude is 0.d1d2d3... * 10 ** (#point + exponent), d1 being the first digit that is not zero. */
  #point = 0
  /** Digits compared with TOO_LARGE, and how the first difference came out. */
  #compared = 0
  #order = 0
  #exponent = 0
  #exponentIsNegative = false

  start(): void {
    this.open = true
    this.#place = AT_START
    this.#point = 0
    this.#compared = 0
    this.#order = 0
    this.#exponent = 0
    this.#exponentIsNegative = false
  }

  /** Reads on from `from`. Answers the index of the first byte that is not part of the number, or the end of the chunk. */
  read(chunk: Uint8Array, from: number): number {
    let at = from
    while (at < chunk.length) {
      const next = this.#digits(chunk, at)
      if (next === chunk.length && this.reason === undefined) return next
      if (this.reason !== undefined || !this.#mark(chunk[next]!)) {
        this.finish()
        return next
      }
      at = next + 1
    }
    return at
  }

  /** Says that no further byte belongs to the number. */
  finish(): void {
    this.open = false
    if (this.#place === AFTER_ZERO || this.#place === IN_INTEGER || this.#place === IN_FRACTION || this.#place === IN_EXPONENT) {
      if (this.#overflows()) this.reason ??= 'a number too large for a double'
    } else {
      this.reason ??= 'a number without the digits it needs'
    }
  }

  #digits(chunk: Uint8Array, from: number): number {
    let end = from
    while (end < chunk.length && chunk[end]! >= 0x30 && chunk[end]! <= 0x39) end++
    if (end === from) return end
    if (this.#place <= AFTER_MINUS) this.#place = chunk[from] === 0x30 ? AFTER_ZERO : IN_INTEGER
    else if (this.#place === AFTER_POINT) this.#place = IN_FRACTION
    else if (this.#place === AFTER_E || this.#place === AFTER_EXPONENT_SIGN) this.#place = IN_EXPONENT
    else if (this.#place === AFTER_ZERO) this.reason = 'a number with a leading zero'
    if (this.#place === AFTER_ZERO && end > from + 1) this.reason = 'a number with a leading zero'
    if (this.#place === IN_EXPONENT) this.#readExponent(chunk, from, end)
    else this.#compare(chunk, from, end)
    return end
  }

  /** Takes the point, the e and the signs; false for a byte that cannot go on the number. */
  #mark(byte: number): boolean {
    const place = this.#place
    const inMantissa = place === AFTER_ZERO || place === IN_INTEGER || place === IN_FRACTION
    if (byte === 0x2e && (place === AFTER_ZERO || place === IN_INTEGER)) this.#place = AFTER_POINT
    else if ((byte | 0x20) === 0x65 && inMantissa) this.#place = AFTER_E
    else if (byte === 0x2d && place === AT_START) this.#place = AFTER_MINUS
    else if ((byte === 0x2d || byte === 0x2b) && place === AFTER_E) {
      this.#place = AFTER_EXPONENT_SIGN
      this.#exponentIsNegative = byte === 0x2d
    } else return false
    return true
  }

  #compare(chunk: Uint8Array, from: number, end: number): void {
    let at = from
    if (this.#compared === 0) {
      while (at < end && chunk[at] === 0x30) at++
      if (this.#place === IN_FRACTION) this.#point -= at - from
    }
    if (this.#place === IN_INTEGER) this.#point += end - at
    for (; at < end && this.#order === 0 && this.#compared < TOO_LARGE.length; at++) {
      this.#order = chunk[at]! - TOO_LARGE.charCodeAt(this.#compared)
      this.#compared++
    }
  }

  #readExponent(chunk: Uint8Array, from: number, end: number): void {
    for (let at = from; at < end; at++) {
      this.#exponent = Math.min(this.#exponent * 10 + (chunk[at]! - 0x30), LARGEST_EXPONENT)
    }
  }

  /** A proper prefix of TOO_LARGE is below it, because its last digit is not zero. */
  #overflows(): boolean {
    if (this.#compared === 0) return false
    const magnitude = this.#point + (this.#exponentIsNegative ? -this.#exponent : this.#exponent)
    if (magnitude !== TOO_LARGE.length) return magnitude > TOO_LARGE.length
    return this.#order > 0 || (this.#order === 0 && this.#compared === TOO_LARGE.length)
  }
}
