import type { EgressGrant } from '../contract.ts'
import { callableOff } from './calling_off.ts'
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
  const fetch = callableOff((request: EgressRequest, signal) => fetchOver(grant, request, signal, tools))
  return {
    async fetch(argument, signal) {
      return await fetch(toObject(argument), signal)
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
