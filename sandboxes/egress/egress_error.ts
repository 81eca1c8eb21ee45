/**
 * Why a module did not get what it asked the network for. `denied`: it may not; `unreachable`: nobody there, or what came is no
 * answer; `aborted`: the one who asked no longer waits; `quota`: its tenant has used up what it may for now.
 */
export const EGRESS_CODES = ['denied', 'timeout', 'too_large', 'unreachable', 'bad_request', 'tls', 'aborted', 'quota'] as const
export type EgressCode = (typeof EGRESS_CODES)[number]

/** What the network functions throw. Its message is meant for the author of a module and the operator, and has no paths in it. */
export class EgressError extends Error {
  override readonly name = 'EgressError'
  readonly code: EgressCode

  constructor(code: EgressCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
