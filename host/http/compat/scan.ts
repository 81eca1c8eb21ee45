import { JsonNumber } from './json_number.ts'
import { JsonString } from './json_string.ts'
import { LONGEST_NAME, moduleField, timeoutField } from './query_fields.ts'
import type { FieldValue, ModuleField, TimeoutField } from './query_fields.ts'
import { TokenText } from './token_text.ts'

export type { ModuleField, TimeoutField } from './query_fields.ts'

/** What a request body turned out to be. `offset` counts bytes from the start of the body. */
export type Scanned =
  | { valid: false; reason: string; offset: number }
  | { valid: true; object: false }
  | { valid: true; object: true; module: ModuleField; timeout: TimeoutField }

const DEEPEST = 1024

/** Bytes of token text kept: enough for either key, for the longest name and for 4,300 digits when every character is escaped. */
const KEY_TEXT = 64
const MODULE_TEXT = 6 * LONGEST_NAME
const TIMEOUT_TEXT = 65_536

const NO_BYTES = new Uint8Array()

/** What may stand next, white space aside; EXPECTED names them in messages. */
const VALUE = 0
const VALUE_OR_END = 1
const KEY_OR_END = 2
const KEY = 3
const COLON = 4
const COMMA_OR_END = 5
const NOTHING = 6
const EXPECTED = [
  'a value',
  "a value or ']'",
  "a string key or '}'",
  'a string key',
  "':'",
  "',' or the end of the list or object",
  'the end',
]

const LIST = 0
const OBJECT = 1

interface Literal {
  readonly text: string
  readonly scalar: boolean | null
}

const TRUE: Literal = { text: 'true', scalar: true }
const FALSE: Literal = { text: 'false', scalar: false }
const NULL: Literal = { text: 'null', scalar: null }

/**
 * Decides of a body, as its chunks arrive, whether orjson would load it, and finds the `module` and `timeout` that it would
 * load. Takes constant memory: no chunk is kept. One scan reads one body; neither method throws.
 */
export class BodyScan {
  #expect = VALUE
  /** How many containers are open, and the kind of each, outermost first; deeper entries are stale. */
  #depth = 0
  readonly #kinds: number[] = []
  #isObject = false
  readonly #string = new JsonString()
  readonly #number = new JsonNumber()
  /** The literal being read, and how much of it has been seen. */
  #literal: Literal | undefined
  #seen = 0
  /** Whether the string being read is a key. */
  #inKey = false
  /** Which field the value being read, or about to be, belongs to. */
  #field: 'module' | 'timeout' | undefined
  readonly #text = new TokenText()
  #module: ModuleField = { kind: 'absent' }
  #timeout: TimeoutField = { kind: 'absent' }
  /** Bytes of the chunks before this one. */
  #before = 0
  #failure: { valid: false; reason: string; offset: number } | undefined

  /** Reads the next chunk. After a failure the rest is ignored. */
  push(chunk: Uint8Array): void {
    if (this.#failure !== undefined) return
    let at = this.#resume(chunk)
    while (at < chunk.length) at = this.#next(chunk, at)
    this.#before += chunk.length
  }

  /** Says that the body is complete. */
  end(): Scanned {
    if (this.#failure === undefined && this.#number.open) this.#endNumber(NO_BYTES, 0, 0)
    if (this.#failure === undefined && this.#expect !== NOTHING) this.#unexpectedEnd()
    if (this.#failure !== undefined) return this.#failure
    if (!this.#isObject) return { valid: true, object: false }
    return { valid: true, object: true, module: this.#module, timeout: this.#timeout }
  }

  /** Goes on with a token that the chunk before left open. */
  #resume(chunk: Uint8Array): number {
    if (this.#string.open) return this.#readString(chunk, 0)
    if (this.#number.open) return this.#readNumber(chunk, 0)
    if (this.#literal !== undefined) return this.#readLiteral(this.#literal, chunk, 0)
    return 0
  }

  /** Reads one token, or the part of it that is there. Answers the index after it; the end of the chunk after a failure. */
  #next(chunk: Uint8Array, at: number): number {
    const byte = chunk[at]!
    switch (byte) {
      case 0x20:
      case 0x0a:
      case 0x0d:
      case 0x09:
        return at + 1
      case 0x22:
        return this.#startString(chunk, at)
      case 0x2c:
        return this.#comma(chunk, at)
      case 0x3a:
        if (this.#expect !== COLON) return this.#unexpected(chunk, at)
        this.#expect = VALUE
        return at + 1
      case 0x7b:
        return this.#enter(OBJECT, chunk, at)
      case 0x5b:
        return this.#enter(LIST, chunk, at)
      case 0x7d:
        return this.#leave(OBJECT, chunk, at)
      case 0x5d:
        return this.#leave(LIST, chunk, at)
      default:
        return this.#startScalar(chunk, at)
    }
  }

  #comma(chunk: Uint8Array, at: number): number {
    if (this.#expect !== COMMA_OR_END) return this.#unexpected(chunk, at)
    this.#expect = this.#kinds[this.#depth - 1] === OBJECT ? KEY : VALUE
    return at + 1
  }

  #enter(kind: typeof LIST | typeof OBJECT, chunk: Uint8Array, at: number): number {
    if (this.#expect > VALUE_OR_END) return this.#unexpected(chunk, at)
    if (this.#depth === DEEPEST) return this.#fail(chunk, at, `lists and objects nested deeper than ${DEEPEST} levels`)
    if (this.#depth === 0) this.#isObject = kind === OBJECT
    if (this.#field !== undefined) this.#setField(kind === OBJECT ? 'an object' : 'a list')
    this.#kinds[this.#depth] = kind
    this.#depth++
    this.#expect = kind === OBJECT ? KEY_OR_END : VALUE_OR_END
    return at + 1
  }

  #leave(kind: typeof LIST | typeof OBJECT, chunk: Uint8Array, at: number): number {
    const empty = kind === OBJECT ? KEY_OR_END : VALUE_OR_END
    if (this.#expect !== empty && (this.#expect !== COMMA_OR_END || this.#kinds[this.#depth - 1] !== kind)) {
      return this.#unexpected(chunk, at)
    }
    this.#depth--
    this.#endValue()
    return at + 1
  }

  #startString(chunk: Uint8Array, at: number): number {
    this.#inKey = this.#expect === KEY || this.#expect === KEY_OR_END
    if (!this.#inKey && this.#expect > VALUE_OR_END) return this.#unexpected(chunk, at)
    if (this.#keepsText()) this.#text.start(this.#inKey ? KEY_TEXT : this.#field === 'module' ? MODULE_TEXT : TIMEOUT_TEXT)
    this.#string.start()
    return this.#readString(chunk, at + 1)
  }

  #readString(chunk: Uint8Array, from: number): number {
    const next = this.#string.read(chunk, from)
    if (this.#string.reason !== undefined) return this.#fail(chunk, next, this.#string.reason)
    const keep = this.#keepsText()
    if (this.#string.open) {
      if (keep) this.#text.keep(chunk, from, next)
      return next
    }
    const text = keep ? this.#text.end(chunk, from, next - 1) : undefined
    if (this.#inKey) this.#endKey(text)
    else this.#endString(text)
    return next
  }

  #keepsText(): boolean {
    return this.#inKey ? this.#depth === 1 : this.#field !== undefined
  }

  #endKey(text: string | undefined): void {
    const key = text === undefined ? undefined : this.#unescape(text)
    this.#field = key === 'module' || key === 'timeout' ? key : undefined
    this.#inKey = false
    this.#expect = COLON
  }

  #endString(text: string | undefined): void {
    if (this.#field !== undefined) this.#setField(text === undefined ? 'too long' : { scalar: this.#unescape(text) })
    this.#endValue()
  }

  /** The string is known to be valid by now, so that JSON.parse cannot throw and reads it as orjson does. */
  #unescape(text: string): string {
    return this.#string.escaped ? JSON.parse(`"${text}"`) : text
  }

  #startScalar(chunk: Uint8Array, at: number): number {
    if (this.#expect > VALUE_OR_END) return this.#unexpected(chunk, at)
    const byte = chunk[at]!
    if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) {
      this.#text.start(TIMEOUT_TEXT)
      this.#number.start()
      return this.#readNumber(chunk, at)
    }
    const literal = byte === 0x74 ? TRUE : byte === 0x66 ? FALSE : byte === 0x6e ? NULL : undefined
    if (literal === undefined) return this.#unexpected(chunk, at)
    this.#seen = 0
    return this.#readLiteral(literal, chunk, at)
  }

  #readNumber(chunk: Uint8Array, from: number): number {
    const next = this.#number.read(chunk, from)
    if (!this.#number.open) return this.#endNumber(chunk, from, next)
    if (this.#field !== undefined) this.#text.keep(chunk, from, next)
    return next
  }

  #endNumber(chunk: Uint8Array, from: number, to: number): number {
    this.#number.finish()
    if (this.#number.reason !== undefined) return this.#fail(chunk, to, this.#number.reason)
    if (this.#field !== undefined) {
      const text = this.#text.end(chunk, from, to)
      this.#setField(text === undefined ? 'too long' : { scalar: Number(text) })
    }
    this.#endValue()
    return to
  }

  #readLiteral(literal: Literal, chunk: Uint8Array, from: number): number {
    let at = from
    for (; at < chunk.length && this.#seen < literal.text.length; at++, this.#seen++) {
      if (chunk[at] !== literal.text.charCodeAt(this.#seen)) return this.#fail(chunk, at, `expected '${literal.text}'`)
    }
    this.#literal = this.#seen < literal.text.length ? literal : undefined
    if (this.#literal !== undefined) return at
    if (this.#field !== undefined) this.#setField({ scalar: literal.scalar })
    this.#endValue()
    return at
  }

  #setField(value: FieldValue): void {
    if (this.#field === 'module') this.#module = moduleField(value)
    else this.#timeout = timeoutField(value)
    this.#field = undefined
  }

  #endValue(): void {
    this.#expect = this.#depth === 0 ? NOTHING : COMMA_OR_END
  }

  #unexpected(chunk: Uint8Array, at: number): number {
    const byte = chunk[at]!
    const mark = this.#before + at === 0 && byte === 0xef
    const found = byte > 0x20 && byte < 0x7f ? `'${String.fromCharCode(byte)}'` : `the byte 0x${byte.toString(16).padStart(2, '0')}`
    return this.#fail(chunk, at, `expected ${EXPECTED[this.#expect]}, found ${mark ? 'a byte order mark' : found}`)
  }

  #unexpectedEnd(): void {
    const where = this.#string.open ? ' inside a string' : this.#literal ? ' inside a word' : `, expected ${EXPECTED[this.#expect]}`
    this.#fail(NO_BYTES, 0, this.#before === 0 ? 'an empty body' : `the body ends${where}`)
  }

  #fail(chunk: Uint8Array, at: number, reason: string): number {
    this.#failure = { valid: false, reason, offset: this.#before + at }
    return chunk.length
  }
}
