import { AbortSignal } from './abort.ts'
import { Body, type BodyInit, toContent } from './body.ts'
import { Headers, type HeadersInit } from './headers.ts'
import { urlClasses } from './late.ts'

export interface RequestInit {
  readonly method?: string
  readonly headers?: HeadersInit
  readonly body?: BodyInit
  readonly redirect?: 'follow' | 'error' | 'manual'
  readonly signal?: AbortSignal | null
}

/** The web's Request, as far as there is something to say between servers: no modes, caches or credentials. */
export class Request extends Body {
  readonly url: string
  readonly method: string
  readonly headers: Headers
  readonly redirect: 'follow' | 'error' | 'manual'
  readonly signal: AbortSignal | undefined

  constructor(input: string | URL | Request, init: RequestInit = {}) {
    const from = input instanceof Request ? input : undefined
    const content = toContent(init.body)
    const kept = content === undefined ? from?.copied() : undefined
    const method = toMethod(init.method ?? from?.method ?? 'GET')
    super(content?.latin1 ?? kept)
    if ((content !== undefined || kept !== undefined) && (method === 'GET' || method === 'HEAD')) throw new TypeError(`a request with the method ${method} cannot have a body`)
    this.url = from?.url ?? toUrl(input as string | URL)
    this.method = method
    this.headers = new Headers(init.headers ?? from?.headers)
    this.redirect = init.redirect ?? from?.redirect ?? 'follow'
    if (!['follow', 'error', 'manual'].includes(this.redirect)) throw new TypeError('expected redirect to be follow, error or manual')
    this.signal = init.signal === null ? undefined : init.signal ?? from?.signal
    if (this.signal !== undefined && !(this.signal instanceof AbortSignal)) throw new TypeError('expected signal to be an AbortSignal')
    if (content?.type !== undefined && !this.headers.has('content-type')) this.headers.set('content-type', content.type)
  }

  clone(): Request {
    return new Request(this)
  }

  /** What is sent of it; it cannot be read afterwards. */
  async sent(): Promise<{ url: string; method: string; headers: [string, string][]; redirect: string; body?: string }> {
    const { url, method, redirect } = this
    const body = this.copied()
    if (body !== undefined) await this.bytes()
    return { url, method, headers: [...this.headers], redirect, ...(body === undefined ? {} : { body }) }
  }
}

function toMethod(method: string): string {
  const text = String(method)
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(text) || /^(connect|trace|track)$/i.test(text)) throw new TypeError(`the method ${JSON.stringify(text.slice(0, 50))} cannot be sent`)
  return /^(delete|get|head|options|post|put)$/i.test(text) ? text.toUpperCase() : text
}

function toUrl(input: string | URL): string {
  const { URL } = urlClasses()
  const url = new URL(String(input))
  if (url.username !== '' || url.password !== '') throw new TypeError('a URL with a user name or password in it cannot be requested: use the header Authorization')
  return url.href
}
