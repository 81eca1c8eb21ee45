import type { FailureCode, QueryFailure } from '../../sandboxes/failure.ts'
import { errorPage } from './compat/pages.ts'

/** How the upstream-compatible API answers a query that failed: JSON with 200, or a page. */
export interface CompatAnswer {
  readonly status: 200 | 500
  readonly body: Buffer
}

const WENT_WRONG = 'Something went wrong, look in the server logs for details'

const BAD_REQUEST: CompatAnswer = { status: 500, body: errorPage(500) }
const GENERIC = json({ error: WENT_WRONG })
const GENERIC_AND_EMPTY = withResults(WENT_WRONG)
const TIMEOUT = json({ error: 'Timeout.' })
const NOTHING: CompatAnswer = { status: 200, body: Buffer.alloc(0) }
const BUSY = withResults('The host has too much to do, try again later')
const SHUTTING_DOWN = withResults('The host is shutting down')
const UNAVAILABLE = withResults('The host cannot run this module at the moment, look in the server logs for details')

/** The caller's own failures say why; what they say holds nothing of the host's. */
const itsReason = (failure: QueryFailure): CompatAnswer => withResults(failure.message)

/** Upstream's texts where upstream can fail so; elsewhere `results` is there too, because without it MISP gives up a whole event. */
const COMPAT = {
  BAD_REQUEST: () => BAD_REQUEST,
  UNKNOWN_MODULE: () => GENERIC,
  NOT_LOADED: () => GENERIC,
  UNAUTHENTICATED: itsReason,
  FORBIDDEN: itsReason,
  QUOTA_EXCEEDED: itsReason,
  INPUT_TOO_LARGE: itsReason,
  MODULE_THREW: () => GENERIC,
  MODULE_CANCELLED: () => NOTHING,
  BAD_RESULT: () => GENERIC,
  MODULE_TIMED_OUT: () => TIMEOUT,
  MODULE_OUT_OF_MEMORY: () => GENERIC_AND_EMPTY,
  MODULE_CRASHED: () => GENERIC_AND_EMPTY,
  OUTPUT_TOO_LARGE: () => GENERIC_AND_EMPTY,
  PROTOCOL_VIOLATION: () => GENERIC_AND_EMPTY,
  SANDBOX_UNAVAILABLE: () => UNAVAILABLE,
  SHUTTING_DOWN: () => SHUTTING_DOWN,
  BUSY: () => BUSY,
} satisfies Record<FailureCode, (failure: QueryFailure) => CompatAnswer>

export function compatAnswer(failure: QueryFailure): CompatAnswer {
  return COMPAT[failure.code](failure)
}

/** The status that each failure has in the host's own API. */
export const apiStatus = {
  BAD_REQUEST: 400,
  UNKNOWN_MODULE: 404,
  NOT_LOADED: 404,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  QUOTA_EXCEEDED: 429,
  INPUT_TOO_LARGE: 413,
  MODULE_THREW: 502,
  MODULE_CANCELLED: 502,
  BAD_RESULT: 502,
  MODULE_TIMED_OUT: 504,
  MODULE_OUT_OF_MEMORY: 502,
  MODULE_CRASHED: 502,
  OUTPUT_TOO_LARGE: 502,
  PROTOCOL_VIOLATION: 502,
  SANDBOX_UNAVAILABLE: 503,
  SHUTTING_DOWN: 503,
  BUSY: 503,
} as const satisfies Record<FailureCode, number>

function withResults(error: string): CompatAnswer {
  return json({ error, results: [] })
}

function json(value: object): CompatAnswer {
  return { status: 200, body: Buffer.from(JSON.stringify(value)) }
}
