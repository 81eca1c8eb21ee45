import { Body, type BodyInit, type Content, toContent } from './body.ts'
import { Headers, type HeadersInit } from './headers.ts'

export interface ResponseInit {
  readonly status?: number
  readonly statusText?: string
  readonly headers?: HeadersInit
}

/** What comes back from the host. */
export interface Received {
  readonly url: string
  readonly status: number
  readonly statusText: string
  readonly headers: readonly (readonly [string, string])[]
  readonly redirected: boolean
  readonly body: string
}

const WITHOUT_BODY = new Set([101, 103, 204, 205, 304])

/** A body that is in the form of the border already. */
class Whole implements Content {
  readonly latin1: string
  readonly type = undefined

  constructor(latin1: string) {
    this.latin1 = latin1
  }
}

/** The web's Response; its body is a whole, not a stream. */
export class Response extends Body {
  readonly status: number
  readonly statusText: string
  readonly headers: Headers
  readonly type: string = 'default'
  #url = ''
  #redirected = false

  constructor(body?: BodyInit, { status = 200, statusText = '', headers }: ResponseInit = {}) {
    if (!(status >= 200 && status <= 599)) throw new RangeError(`expected a status from 200 to 599, found ${status}`)
    const content = (body as unknown) instanceof Whole ? body as unknown as Whole : toContent(body)
    if (content !== undefined && WITHOUT_BODY.has(status)) throw new TypeError(`a response with status ${status} cannot have a body`)
    super(content?.latin1)
    this.status = Math.trunc(status)
    this.statusText = String(statusText)
    this.headers = new Headers(headers)
    if (content?.type !== undefined && !this.headers.has('content-type')) this.headers.set('content-type', content.type)
  }

  static json(value: unknown, init: ResponseInit = {}): Response {
    const text = JSON.stringify(value) as string | undefined
    if (text === undefined) throw new TypeError('the value is nothing in JSON')
    const headers = new Headers(init.headers)
    if (!headers.has('content-type')) headers.set('content-type', 'application/json')
    return new Response(text, { ...init, headers })
  }

  /** A response of the host's. */
  static received({ url, status, statusText, headers, redirected, body }: Received): Response {
    return whole(WITHOUT_BODY.has(status) ? undefined : body, { status, statusText, headers }).#from(url, redirected)
  }

  get ok(): boolean {
    return this.status >= 200 && this.status <= 299
  }

  get url(): string {
    return this.#url
  }

  get redirected(): boolean {
    return this.#redirected
  }

  clone(): Response {
    return whole(this.copied(), this).#from(this.#url, this.#redirected)
  }

  #from(url: string, redirected: boolean): this {
    this.#url = url
    this.#redirected = redirected
    return this
  }
}

function whole(latin1: string | undefined, init: ResponseInit): Response {
  return new Response((latin1 === undefined ? undefined : new Whole(latin1)) as BodyInit, init)
}
