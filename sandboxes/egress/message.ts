import { validateHeaderName, validateHeaderValue } from 'node:http'
import { EgressError } from './egress_error.ts'

/** Headers in order, names as they were written or came. */
export type HeaderList = readonly (readonly [name: string, value: string])[]

/** What a module asks for, as plain data. */
export interface EgressRequest {
  readonly url: string
  readonly method: string
  readonly headers: HeaderList
  /** One character for each byte. */
  readonly body?: string | undefined
  readonly redirect: 'follow' | 'error' | 'manual'
}

export interface EgressResponse {
  /** Of the last request, without a fragment. */
  readonly url: string
  readonly status: number
  readonly statusText: string
  /** Names in lower case; several of one name stay several. */
  readonly headers: HeaderList
  readonly redirected: boolean
  /** One character for each byte; decompressed. */
  readonly body: string
}

/** One request as it is sent: what is checked, in the form that is needed. */
export interface Hop {
  readonly url: URL
  readonly method: string
  readonly headers: HeaderList
  readonly body: Buffer | undefined
}

const MOST_HEADERS = 200

/** Checks a request that a module made; what it says is untrusted. Throws EgressError `bad_request`. */
export function readRequest(request: EgressRequest): Hop & Pick<EgressRequest, 'redirect'> {
  const { url, method, headers, body, redirect } = request
  if (typeof url !== 'string' || typeof method !== 'string' || (body !== undefined && typeof body !== 'string')) {
    throw bad('expected the texts url, method and body')
  }
  if (redirect !== 'follow' && redirect !== 'error' && redirect !== 'manual') throw bad('expected redirect to be follow, error or manual')
  const verb = /^(get|head|post|put|delete|options|patch)$/i.test(method) ? method.toUpperCase() : method
  if (!/^[\w!#$%&'*+.^`|~-]{1,50}$/.test(verb) || /^(connect|trace|track)$/i.test(verb)) throw bad(`the method ${quoted(method)} cannot be sent`)
  if (body !== undefined && (verb === 'GET' || verb === 'HEAD')) throw bad(`a request with the method ${verb} has no body`)
  return { url: readUrl(url), method: verb, headers: readHeaders(headers), body: body === undefined ? undefined : readBytes(body), redirect }
}

/** Reads a URL that may be requested: http or https, without a name and password in it. */
export function readUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href)
  if (url === null) throw bad(`expected a URL, found ${quoted(text)}`)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw bad(`expected a URL with http: or https:, found ${quoted(text)}`)
  if (url.username !== '' || url.password !== '') throw bad('a URL with a user name or password in it cannot be requested: use the header Authorization')
  return url
}

/**
 * Headers that say how a message is sent are ours to write. `host` is one of them: with another name in it, a server that is allowed
 * would answer for one that is not.
 */
const OURS = new Set([
  'host', 'connection', 'content-length', 'expect', 'http2-settings', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade',
])

function readHeaders(headers: HeaderList): HeaderList {
  if (!Array.isArray(headers) || headers.length > MOST_HEADERS) throw bad(`expected at most ${MOST_HEADERS} headers`)
  return (headers as HeaderList).map(([name, value]) => {
    if (typeof name !== 'string' || typeof value !== 'string') throw bad('expected names and values of headers to be texts')
    try {
      validateHeaderName(name)
      validateHeaderValue(name, value)
    } catch (error) {
      throw bad((error as Error).message)
    }
    return [name, value] as const
  }).filter(([name]) => !OURS.has(name.toLowerCase()) && !/^proxy-/i.test(name))
}

function readBytes(body: string): Buffer {
  const bytes = Buffer.from(body, 'latin1')
  if (bytes.length !== body.length || /[^\0-\xff]/.test(body)) throw bad('expected a body with one character for each byte')
  return bytes
}

function bad(message: string): EgressError {
  return new EgressError('bad_request', message)
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 300))
}
