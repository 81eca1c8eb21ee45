import { TextDecoder, TextEncoder } from '@exodus/bytes/encoding-lite.js'
import { fromBytes, toBytes, viewOf } from './bytes.ts'

export type BodyInit = string | ArrayBuffer | ArrayBufferView | URLSearchParams | null | undefined

/** A body as one text with one character for each byte, and what it is where its kind says so. */
export interface Content {
  readonly latin1: string
  readonly type: string | undefined
}

/** Reads what may be given as a body; undefined for none. A text is sent in UTF-8. */
export function toContent(init: BodyInit): Content | undefined {
  if (init === undefined || init === null) return undefined
  const view = viewOf(init)
  if (view !== undefined) return { latin1: fromBytes(view), type: undefined }
  const type = isSearchParams(init) ? 'application/x-www-form-urlencoded;charset=UTF-8' : 'text/plain;charset=UTF-8'
  const text = (init as { toString: () => string }).toString()
  return { latin1: isAscii(text) ? text : fromBytes(new TextEncoder().encode(text)), type }
}

/** What Request and Response have in common: a body that can be read once. */
export class Body {
  #latin1: string | undefined
  #used = false

  constructor(latin1: string | undefined) {
    this.#latin1 = latin1
  }

  get bodyUsed(): boolean {
    return this.#used
  }

  async text(): Promise<string> {
    const latin1 = this.#take()
    return isAscii(latin1) ? latin1 : new TextDecoder().decode(toBytes(latin1))
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return toBytes(this.#take())
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return toBytes(this.#take()).buffer
  }

  /** For a copy, which can be read for itself; undefined where there is no body. */
  protected copied(): string | undefined {
    if (this.#used) throw new TypeError('a body that has been read cannot be copied')
    return this.#latin1
  }

  /** Without a body there is nothing that could be read twice. */
  #take(): string {
    if (this.#used) throw new TypeError('the body has been read already')
    const latin1 = this.#latin1
    if (latin1 === undefined) return ''
    this.#used = true
    this.#latin1 = undefined
    return latin1
  }
}

function isSearchParams(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object URLSearchParams]'
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text)
}
