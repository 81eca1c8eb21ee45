import type { IncomingMessage } from 'node:http'
import type { Logger } from 'pino'
import { OPERATOR } from '../config/tenants.ts'
import type { Handle } from '../http/pieces.ts'
import { requestId } from '../http/request_id.ts'
import { requestLog } from '../http/request_log.ts'
import type { KeyRing } from './key_ring.ts'
import type { Refusals } from './refusals.ts'
import { refuse } from './refuse.ts'
import { whoAsks, type Entrance, type Refusal } from './who_asks.ts'

export interface EntrancesParts {
  /** The keys that hold now. */
  readonly keys: () => KeyRing
  /** What answers a tenant, or why nothing does. */
  readonly tenant: (name: string) => Handle | Refusal
  /** What answers the operator, and anybody who asks whether the host is there. */
  readonly operator: Handle
  readonly refusals: Refusals
  readonly log: Logger
}

/**
 * Finds out who asks, once and before anything else, and hands the request to that tenant's own server: what answers it then has
 * never heard of any other.
 */
export function entrances({ keys, tenant, operator, refusals, log }: EntrancesParts): (entrance: Entrance) => Handle {
  const logRequest = requestLog(log)

  return (entrance) => (req, res) => {
    req.url = withoutUser(req.url ?? '')
    if (isOpen(req)) return operator(req, res)
    const asker = whoAsks(req.headers.authorization, keys(), entrance)
    // Nothing that comes after this needs it, and what nobody has nobody can print.
    req.headers.authorization = undefined
    if (asker.refusal === undefined) req.revoked = asker.revoked
    const found = asker.refusal ?? (asker.name === OPERATOR ? operatorAt(req.url) : tenant(asker.name))
    if (typeof found === 'function') return found(req, res)
    refusals.count(found.code)
    req.receivedAt = performance.now()
    const id = requestId(req)
    logRequest(req, id, refuse(req, res, id, found), { module: undefined, outcome: found.code })
  }

  function operatorAt(url: string): Handle | Refusal {
    return OF_MODULES.test(url) ? NOT_A_TENANT : operator
  }
}

/** Whether the host is there may be asked by whatever watches it. */
function isOpen({ method, url }: IncomingMessage): boolean {
  return method === 'GET' && /^\/healthcheck(?:\?|$)/.test(url ?? '')
}

const OF_MODULES = /^\/(?:query|modules|api\/v1\/modules)(?:[/?]|$)/
const NOT_A_TENANT: Refusal = { code: 'FORBIDDEN', detail: "expected a tenant's key: the operator's is for what concerns all tenants, and has no modules" }

/** A whole URL, as one sends it to a proxy, may have the key in it, and stands in the log. */
function withoutUser(url: string): string {
  return url.startsWith('/') ? url : url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1')
}
