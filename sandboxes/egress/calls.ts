import type { EgressGrant } from '../contract.ts'
import { EgressError } from './egress_error.ts'
import { fetchOver } from './fetch.ts'
import type { EgressRequest, EgressResponse } from './message.ts'
import { resolveOver } from './resolve.ts'
import { type EgressTools, egressTools } from './tools.ts'

/** What a module's network functions call, for one query: JSON in, plain data out. All of them throw EgressError and nothing else. */
export interface EgressCalls {
  /**
   * `{id?, url, method, headers, body?, redirect}` to a response; `{cancel: id}` calls off the request with that id, and is answered null.
   */
  readonly fetch: (argument: string) => Promise<EgressResponse | null>
  /** `{name, type}` to what `resolve` of Node's `dns/promises` answers. */
  readonly dns: (argument: string) => Promise<unknown>
}

/** Calls of one query: `signal` ends all of them. The tools are those of the grant and outlive the query. */
export function egressCalls(grant: EgressGrant, signal: AbortSignal, tools: EgressTools = egressTools(grant)): EgressCalls {
  const running = new Map<number, AbortController>()
  return {
    async fetch(argument) {
      const { id, cancel, ...request } = read(argument) as unknown as EgressRequest & { id?: unknown; cancel?: unknown }
      if (typeof cancel === 'number') {
        running.get(cancel)?.abort()
        return null
      }
      if (typeof id !== 'number') return await fetchOver(grant, request, signal, tools)
      const off = new AbortController()
      running.set(id, off)
      try {
        return await fetchOver(grant, request, AbortSignal.any([signal, off.signal]), tools)
      } finally {
        running.delete(id)
      }
    },
    async dns(argument) {
      const { name, type } = read(argument)
      return await resolveOver(grant, name as string, type as string, signal, tools)
    },
  }
}

function read(argument: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(argument)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Said below, as for any other text.
  }
  throw new EgressError('bad_request', 'expected an object in JSON')
}
