import type { IncomingMessage } from 'node:http'

/** The longest body, in bytes, as upstream's. */
export const LONGEST_BODY = 1_073_741_824

const MOST_QUERY_FIELDS = 1000

/**
 * Whether upstream would look at a request that Node's parser takes: it wants HTTP/1, exactly one plausible Host, no coding of
 * the body but `chunked`, no announced body over the `longest`, and a query string of at most a thousand fields.
 */
export function isAcceptable(req: IncomingMessage, longest: number): boolean {
  const { headers } = req
  if (req.httpVersionMajor !== 1) return false
  if (!hasGoodHost(req)) return false
  if (Number(headers['content-length'] ?? 0) > longest) return false
  const coding = headers['transfer-encoding']
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return false
  return hasFewFields(req.url ?? '')
}

function hasGoodHost({ headers, rawHeaders, httpVersion }: IncomingMessage): boolean {
  const host = headers.host
  if (host === undefined) return httpVersion !== '1.1'
  if (host.includes(' ') || host.includes(',')) return false
  let seen = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!
    if (name.length === 4 && name.toLowerCase() === 'host') seen += 1
  }
  return seen === 1
}

function hasFewFields(target: string): boolean {
  let at = target.indexOf('?')
  if (at === -1) return true
  for (let fields = 1; fields <= MOST_QUERY_FIELDS; fields++) {
    at = target.indexOf('&', at + 1)
    if (at === -1) return true
  }
  return false
}
