/** What the host and the egress process say to each other. */
import { z } from 'zod'
import type { EgressGrant } from '../../contract.ts'
import { EGRESS_CODES } from '../egress_error.ts'

/** What all modules of a tenant together may use of the network. */
export interface EgressCaps {
  /** At a time. */
  readonly connections: number
  readonly requestsPerMinute: number
  /** Both ways together. */
  readonly bytesPerMinute: number
  /** How long a connection may last. */
  readonly connectionMs: number
}

/** Who comes in by a door, and what it may reach. The door says who it is: nothing that comes through it does. */
export interface Visitor {
  readonly tenant: string
  readonly module: string
  readonly grant: EgressGrant
  readonly caps: EgressCaps
}

/**
 * `open`: listen at a socket; who comes in is refused until `assign` has said who that is. `close`: end its connections and remove it.
 * Each is answered by a message with the same `id`.
 */
export type ToGate =
  | { readonly type: 'open'; readonly id: string; readonly door: string; readonly path: string }
  | { readonly type: 'assign'; readonly id: string; readonly door: string; readonly visitor: Visitor }
  | { readonly type: 'close'; readonly id: string; readonly door: string }

/** One request, when it is over; or several that were refused for a cap, and this the last of them. */
export const Audit = z.strictObject({
  times: z.number().int().optional(),
  door: z.string(),
  tenant: z.string(),
  module: z.string(),
  /** What the module says it is for: information, and no more. */
  query: z.string().max(100).optional(),
  /** CONNECT, a method of HTTP, or `DNS`. */
  verb: z.string().max(50),
  host: z.string().max(300),
  port: z.number().int().optional(),
  verdict: z.enum(['allowed', ...EGRESS_CODES]),
  /** Why not, in words for the author of the module and the operator. */
  why: z.string().max(1000).optional(),
  /** Bytes that left for the host, and that came from it. */
  sent: z.number().int(),
  received: z.number().int(),
  ms: z.number(),
})
export type Audit = z.infer<typeof Audit>

/** Whether a request was refused for what its module or its tenant may, which whoever runs or writes the module can mend. */
export function isRefused({ verdict }: Pick<Audit, 'verdict'>): boolean {
  return verdict === 'denied' || verdict === 'quota'
}

export const FromGate = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({ type: z.literal('done'), id: z.string() }),
  z.strictObject({ type: z.literal('failed'), id: z.string(), error: z.string() }),
  z.strictObject({ type: z.literal('audit'), audit: Audit }),
])
export type FromGate = z.infer<typeof FromGate>
