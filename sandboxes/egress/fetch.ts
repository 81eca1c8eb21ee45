import type { EgressGrant } from '../contract.ts'
import { readBody } from './body.ts'
import { EgressError } from './egress_error.ts'
import { exchange } from './exchange.ts'
import { type EgressRequest, type EgressResponse, type HeaderList, type Hop, readRequest } from './message.ts'
import { redirected } from './redirect.ts'
import { type EgressTools, egressTools } from './tools.ts'
import { toEgressError } from './why.ts'

const MOST_REDIRECTS = 10

/**
 * Requests a URL for a module, within what its grant allows: the policy is asked for each hop of a redirect, and what is dialled is
 * what was vetted. `signal` calls it off.
 *
 * Throws EgressError and nothing else.
 */
export async function fetchOver(
  grant: EgressGrant, request: EgressRequest, signal: AbortSignal, tools: EgressTools = egressTools(grant),
): Promise<EgressResponse> {
  const late = AbortSignal.timeout(grant.requestMs)
  try {
    return await follow(grant, request, AbortSignal.any([signal, late]), tools)
  } catch (error) {
    if (signal.aborted) throw new EgressError('aborted', 'the request was called off', { cause: error })
    if (late.aborted) throw new EgressError('timeout', `no complete response within ${grant.requestMs / 1000} s (egress.requestSeconds)`)
    throw toEgressError(error)
  }
}

async function follow(grant: EgressGrant, request: EgressRequest, signal: AbortSignal, tools: EgressTools): Promise<EgressResponse> {
  const { redirect, ...first } = readRequest(request)
  let hop: Hop = first
  for (let redirects = 0; ; redirects += 1) {
    const response = await exchange(grant, hop, signal, tools)
    try {
      const status = response.statusCode ?? 0
      const next = redirect === 'manual' ? undefined : redirected(hop, status, response.headers.location)
      if (next === undefined) {
        const body = await readBody(response, hop.method, grant.responseBytes, tools.arrived)
        const { statusMessage: statusText = '', rawHeaders } = response
        return { url: withoutHash(hop.url), status, statusText, headers: paired(rawHeaders), redirected: redirects > 0, body: body.toString('latin1') }
      }
      if (redirect === 'error') throw new EgressError('unreachable', `${hop.url.host} redirects to ${next.url.host}, and the request has redirect: error`)
      if (redirects === MOST_REDIRECTS) throw new EgressError('unreachable', `more than ${MOST_REDIRECTS} redirects, the last to ${next.url.host}`)
      hop = next
    } finally {
      response.destroy()
    }
  }
}

function paired(raw: readonly string[]): HeaderList {
  return Array.from({ length: raw.length / 2 }, (_, at) => [(raw[2 * at] ?? '').toLowerCase(), raw[2 * at + 1] ?? ''] as const)
}

function withoutHash(url: URL): string {
  return url.href.slice(0, url.href.length - url.hash.length)
}
