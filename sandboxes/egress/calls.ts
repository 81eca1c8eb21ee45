import type { EgressGrant } from '../contract.ts'
import { EgressError } from './egress_error.ts'
import { fetchOver } from './fetch.ts'
import type { EgressRequest, EgressResponse } from './message.ts'
import { resolveOver } from './resolve.ts'
import { type EgressTools, egressTools } from './tools.ts'

/**
 * What a module's network functions call: plain data in, plain data out, nothing of it believed. `signal` ends with the query that a
 * call is of, and ends the call. All of them throw EgressError and nothing else.
 */
export interface EgressCalls {
  /**
   * `{id?, url, method, headers, body?, redirect}` to a response; `{cancel: id}` calls off the request of the same query with that id,
   * and is answered null.
   */
  readonly fetch: (argument: unknown, signal: AbortSignal) => Promise<EgressResponse | null>
  /** `{name, type}` to what `resolve` of Node's `dns/promises` answers. */
  readonly dns: (argument: unknown, signal: AbortSignal) => Promise<unknown>
}

/** The calls that a grant allows, for all queries of a module. */
export function egressCalls(grant: EgressGrant, tools: EgressTools = egressTools(grant)): EgressCalls {
  /** Requests of each query that may be called off, by the id that the module gave them. */
  const running = new WeakMap<AbortSignal, Map<number, AbortController>>()
  return {
    async fetch(argument, signal) {
      const { id, cancel, ...request } = toObject(argument) as unknown as EgressRequest & { id?: unknown; cancel?: unknown }
      const ours = running.get(signal) ?? new Map<number, AbortController>()
      running.set(signal, ours)
      if (typeof cancel === 'number') {
        ours.get(cancel)?.abort()
        return null
      }
      if (typeof id !== 'number') return await fetchOver(grant, request, signal, tools)
      const off = new AbortController()
      ours.set(id, off)
      try {
        return await fetchOver(grant, request, AbortSignal.any([signal, off.signal]), tools)
      } finally {
        ours.delete(id)
      }
    },
    async dns(argument, signal) {
      const { name, type } = toObject(argument)
      return await resolveOver(grant, name as string, type as string, signal, tools)
    },
  }
}

function toObject(argument: unknown): Record<string, unknown> {
  if (typeof argument === 'object' && argument !== null) return argument as Record<string, unknown>
  throw new EgressError('bad_request', 'expected an object')
}
