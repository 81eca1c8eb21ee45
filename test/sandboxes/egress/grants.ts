import type { EgressGrant } from '../../../sandboxes/contract.ts'
import type { EgressError } from '../../../sandboxes/egress/egress_error.ts'
import { fetchOver } from '../../../sandboxes/egress/fetch.ts'
import { ANY_PUBLIC } from '../../../sandboxes/egress/grant.ts'
import type { EgressRequest, EgressResponse } from '../../../sandboxes/egress/message.ts'
import { type EgressTools, egressTools } from '../../../sandboxes/egress/tools.ts'

/** May reach the servers of a test, and whatever is public. */
export const LOOPBACK: EgressGrant = { ...ANY_PUBLIC, networks: ['127.0.0.0/8', '::1'] }

export interface Asking extends Partial<EgressRequest> {
  readonly signal?: AbortSignal
  readonly tools?: EgressTools
}

export function ask(grant: EgressGrant, url: string, { signal = new AbortController().signal, tools = egressTools(grant), ...more }: Asking = {}): Promise<EgressResponse> {
  return fetchOver(grant, { url, method: 'GET', headers: [], redirect: 'follow', ...more }, signal, tools)
}

/** The failure of what must fail, as `code: message`. */
export async function failureOf(answer: Promise<unknown>): Promise<string> {
  const given = await answer.then((value) => ({ value }), (error: unknown) => error as EgressError)
  if ('value' in given) throw new Error(`expected a failure, found ${JSON.stringify(given.value)}`)
  if (given.name !== 'EgressError') throw new Error(`expected an EgressError, found ${given.stack}`)
  return `${given.code}: ${given.message}`
}
