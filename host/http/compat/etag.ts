import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { send, sendEmpty } from '../send.ts'

/** An answer to GET that a client may already have. `etag` is the SHA-1 of the body in hex, without quotes. */
export interface Representation {
  readonly type: string
  readonly body: Buffer
  readonly etag: string
  readonly cacheControl?: string
}

export function represent(type: string, body: Buffer, cacheControl?: string): Representation {
  const etag = createHash('sha1').update(body).digest('hex')
  return cacheControl === undefined ? { type, body, etag } : { type, body, etag, cacheControl }
}

/** Sends a representation, or 304 to a client that has it. Answers the status. */
export function sendRepresentation(request: FastifyRequest, reply: FastifyReply, { type, body, etag, cacheControl }: Representation): 200 | 304 {
  const headers = ['Etag', `"${etag}"`]
  if (cacheControl !== undefined) headers.push('Cache-Control', cacheControl)
  const known = request.headers['if-none-match']
  if (known !== undefined && matches(known, etag)) {
    sendEmpty(reply.raw, request.id, 304, headers)
    return 304
  }
  headers.push('Content-Type', type)
  send(reply.raw, request.id, 200, headers, [body], body.length)
  return 200
}

/** Weak comparison against a list of entity tags; a bare `*` counts only where it comes before every tag. */
export function matches(ifNoneMatch: string, etag: string): boolean {
  const tags = ifNoneMatch.match(/\*|"[^"]*"/g)
  if (tags === null) return false
  return tags[0] === '*' || tags.includes(`"${etag}"`)
}
