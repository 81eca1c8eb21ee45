import { EgressError } from './egress_error.ts'
import { type Hop, readUrl } from './message.ts'

const STATUSES = new Set([301, 302, 303, 307, 308])
const OF_A_BODY = new Set(['content-encoding', 'content-language', 'content-location', 'content-type'])
const OF_AN_ORIGIN = new Set(['authorization', 'cookie'])

/**
 * The request that a redirect leads to, by the rules of the fetch standard; undefined where a response is none. Throws EgressError
 * where it leads to what cannot be requested.
 */
export function redirected(hop: Hop, status: number, location: string | undefined): Hop | undefined {
  if (!STATUSES.has(status) || location === undefined) return undefined
  const url = readLocation(location, hop.url)
  if (url.hash === '') url.hash = hop.url.hash
  const becomesGet = status === 303 ? hop.method !== 'GET' && hop.method !== 'HEAD' : status < 303 && hop.method === 'POST'
  const sameOrigin = url.origin === hop.url.origin
  const headers = hop.headers.filter(([name]) => {
    const lower = name.toLowerCase()
    return !(becomesGet && OF_A_BODY.has(lower)) && (sameOrigin || !OF_AN_ORIGIN.has(lower))
  })
  return { url, headers, method: becomesGet ? 'GET' : hop.method, body: becomesGet ? undefined : hop.body }
}

/** Servers write UTF-8 into the header, which arrives one character for each byte. */
function readLocation(location: string, base: URL): URL {
  try {
    return readUrl(Buffer.from(location, 'latin1').toString('utf8'), base)
  } catch (error) {
    throw new EgressError('unreachable', `${base.host} redirects to where nothing can be requested: ${(error as Error).message}`)
  }
}
