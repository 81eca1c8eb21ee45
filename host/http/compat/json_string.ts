/** What a byte inside a string does: most are 0, plain ASCII text. */
const TEXT = 0
const CLOSE = 1
const ESCAPE = 2
const CONTROL = 3
/** From here on the first byte of a UTF-8 sequence: an index into SEQUENCES, or past its end. */
const FIRST_SEQUENCE = 4

/** Bytes still to come, and the range of the next: this refuses overlong forms, surrogates and code points above U+10FFFF. */
const SEQUENCES = [
  { left: 1, low: 0x80, high: 0xbf },
  { left: 2, low: 0xa0, high: 0xbf },
  { left: 2, low: 0x80, high: 0xbf },
  { left: 2, low: 0x80, high: 0x9f },
  { left: 3, low: 0x90, high: 0xbf },
  { left: 3, low: 0x80, high: 0xbf },
  { left: 3, low: 0x80, high: 0x8f },
] as const
const MALFORMED = FIRST_SEQUENCE + SEQUENCES.length
const KINDS = new Uint8Array(256).map((_, byte) => kindOf(byte))

/** Where in the string the next byte stands. */
const IN_TEXT = 0
const IN_SEQUENCE = 1
const AFTER_BACKSLASH = 2
const IN_HEX = 3
const BEFORE_LOW_BACKSLASH = 4
const BEFORE_LOW_U = 5

const SHORT_ESCAPES = new Set(Array.from('"\\/bfnrt', (letter) => letter.charCodeAt(0)))

/** A JSON string that may arrive in pieces; begins after the opening quote. Keeps a few numbers, never the text. */
export class JsonString {
  /** Whether the closing quote is still to come. */
  open = false
  escaped = false
  /** Why it is not a string; the byte at the index that `read` answered is to blame. */
  reason: string | undefined
  #place = IN_TEXT
  /** Bytes left of a UTF-8 sequence, or digits left of a \u escape. */
  #left = 0
  #low = 0
  #high = 0
  #code = 0
  #wantsLow = false

  start(): void {
    this.open = true
    this.escaped = false
  }

  /** Reads on from `from`. Answers the index after the closing quote, the end of the chunk, or that of the offending byte. */
  read(chunk: Uint8Array, from: number): number {
    const end = chunk.length
    let at = from
    while (at < end) {
      if (this.#place === IN_TEXT) {
        while (at < end && KINDS[chunk[at]!] === TEXT) at++
        if (at === end) return end
        const kind = KINDS[chunk[at]!]!
        if (kind === CLOSE) {
          this.open = false
          return at + 1
        }
        this.#leaveText(kind)
      } else {
        this.#step(chunk[at]!)
      }
      if (this.reason !== undefined) return at
      at++
    }
    return at
  }

  #leaveText(kind: number): void {
    if (kind === ESCAPE) {
      this.escaped = true
      this.#place = AFTER_BACKSLASH
    } else if (kind === CONTROL) {
      this.reason = 'a raw control character in a string'
    } else if (kind === MALFORMED) {
      this.reason = 'not UTF-8'
    } else {
      const sequence = SEQUENCES[kind - FIRST_SEQUENCE]!
      this.#place = IN_SEQUENCE
      this.#left = sequence.left
      this.#low = sequence.low
      this.#high = sequence.high
    }
  }

  #step(byte: number): void {
    if (this.#place === IN_SEQUENCE) this.#sequence(byte)
    else if (this.#place === IN_HEX) this.#hex(byte)
    else if (this.#place === AFTER_BACKSLASH) this.#escape(byte)
    else if (this.#place === BEFORE_LOW_BACKSLASH && byte === 0x5c) this.#place = BEFORE_LOW_U
    else if (this.#place === BEFORE_LOW_U && byte === 0x75) this.#startHex(true)
    else this.reason = 'a high surrogate escape without its low one'
  }

  #sequence(byte: number): void {
    if (byte < this.#low || byte > this.#high) {
      this.reason = 'not UTF-8'
      return
    }
    this.#low = 0x80
    this.#high = 0xbf
    this.#left--
    if (this.#left === 0) this.#place = IN_TEXT
  }

  #escape(byte: number): void {
    if (byte === 0x75) this.#startHex(false)
    else if (SHORT_ESCAPES.has(byte)) this.#place = IN_TEXT
    else this.reason = 'an unknown escape in a string'
  }

  #startHex(wantsLow: boolean): void {
    this.#place = IN_HEX
    this.#wantsLow = wantsLow
    this.#left = 4
    this.#code = 0
  }

  #hex(byte: number): void {
    const digit = hexDigit(byte)
    if (digit < 0) {
      this.reason = 'a \\u escape without four hexadecimal digits'
      return
    }
    this.#code = this.#code * 16 + digit
    this.#left--
    if (this.#left === 0) this.#endHex()
  }

  #endHex(): void {
    const isLow = this.#code >= 0xdc00 && this.#code <= 0xdfff
    const isHigh = this.#code >= 0xd800 && this.#code <= 0xdbff
    if (this.#wantsLow && !isLow) this.reason = 'a high surrogate escape without its low one'
    else if (!this.#wantsLow && isLow) this.reason = 'a low surrogate escape without its high one'
    this.#place = isHigh ? BEFORE_LOW_BACKSLASH : IN_TEXT
  }
}

function kindOf(byte: number): number {
  if (byte < 0x20) return CONTROL
  if (byte === 0x22) return CLOSE
  if (byte === 0x5c) return ESCAPE
  if (byte < 0x80) return TEXT
  if (byte < 0xc2 || byte > 0xf4) return MALFORMED
  if (byte < 0xe0) return FIRST_SEQUENCE
  if (byte < 0xf0) return FIRST_SEQUENCE + (byte === 0xe0 ? 1 : byte === 0xed ? 3 : 2)
  return FIRST_SEQUENCE + (byte === 0xf0 ? 4 : byte === 0xf4 ? 6 : 5)
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
