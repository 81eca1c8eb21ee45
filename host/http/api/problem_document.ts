import type { IncomingMessage, ServerResponse } from 'node:http'
import { BLAME, type Blame, type FailureCode } from '../../../sandboxes/failure.ts'
import { apiStatus } from '../problem.ts'
import { send } from '../send.ts'

/** Faults of a request that no query can have. */
const REQUEST_STATUS = {
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  SLOW_REQUEST: 408,
  UNSUPPORTED_MEDIA_TYPE: 415,
  INTERNAL: 500,
} as const

export type ProblemCode = FailureCode | keyof typeof REQUEST_STATUS

const TITLES = {
  BAD_REQUEST: 'The request is not what was expected',
  UNKNOWN_MODULE: 'There is no such module',
  NOT_LOADED: 'The module is not loaded',
  UNAUTHENTICATED: 'A key is needed',
  FORBIDDEN: 'The key is not for this',
  QUOTA_EXCEEDED: 'Asked too often',
  INPUT_TOO_LARGE: 'The request is too large',
  MODULE_THREW: 'The module raised an exception',
  MODULE_CANCELLED: 'The module gave up',
  BAD_RESULT: 'The answer of the module is not JSON',
  MODULE_TIMED_OUT: 'The module did not answer in time',
  MODULE_OUT_OF_MEMORY: 'The module used more memory than it may',
  MODULE_CRASHED: 'The process of the module ended',
  OUTPUT_TOO_LARGE: 'The answer of the module is too large',
  PROTOCOL_VIOLATION: 'The process of the module said what it was not asked for',
  SANDBOX_UNAVAILABLE: 'The host cannot run the module at the moment',
  SHUTTING_DOWN: 'The host is ending',
  BUSY: 'The host has too much to do',
  NOT_FOUND: 'There is nothing here',
  METHOD_NOT_ALLOWED: 'The method is not for this route',
  SLOW_REQUEST: 'The request did not arrive in time',
  UNSUPPORTED_MEDIA_TYPE: 'The body is of another type than expected',
  INTERNAL: 'The host has a bug',
} as const satisfies Record<ProblemCode, string>

export const PROBLEM_CODES = Object.keys(TITLES) as readonly ProblemCode[]

export const PROBLEM_TYPE = 'application/problem+json'

/** What differs from one problem to the next. `detail` is shown to the caller. */
export interface Problem {
  readonly code: ProblemCode
  readonly detail: string
  /** Members besides those of every problem. */
  readonly more?: object
}

/** RFC 9457, with whose fault it is. */
export function problemDocument({ code, detail, more }: Problem, requestId: string): object {
  const type = `urn:misp-module-host:problem:${code.toLowerCase().replaceAll('_', '-')}`
  return { type, title: TITLES[code], status: problemStatus(code), detail, code, blame: blameOf(code), requestId, ...more }
}

export function problemStatus(code: ProblemCode): number {
  return isOfRequest(code) ? REQUEST_STATUS[code] : apiStatus[code]
}

export function blameOf(code: ProblemCode): Blame {
  if (isOfRequest(code)) return code === 'INTERNAL' ? 'host' : 'caller'
  return BLAME[code]
}

/** Sends a problem over an exchange that Fastify has nothing to do with any more. */
export function sendProblem(res: ServerResponse, requestId: string, problem: Problem, headers: readonly string[] = []): void {
  const body = Buffer.from(JSON.stringify(problemDocument(problem, requestId)))
  send(res, requestId, problemStatus(problem.code), [...jsonHeaders(PROBLEM_TYPE), ...retryAfter(problem.code), ...headers], [body], body.length)
}

/** Seconds. Queues are emptied in moments, and one who comes back too early is told so again. */
const RETRY_SECONDS = '1'

/** When to come back, where coming back may help. */
function retryAfter(code: ProblemCode): string[] {
  return code === 'BUSY' || code === 'QUOTA_EXCEEDED' ? ['Retry-After', RETRY_SECONDS] : []
}

/** What every answer of ours carries: nobody may take it for something else than JSON, and nothing of it is kept. */
export function jsonHeaders(type: string): string[] {
  return ['Content-Type', type, 'X-Content-Type-Options', 'nosniff', 'Cache-Control', 'no-store']
}

/** Whether the request says that its body is JSON: what no form of a web page can say without being allowed to. */
export function isJson({ headers }: IncomingMessage): boolean {
  return /^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')
}

function isOfRequest(code: ProblemCode): code is keyof typeof REQUEST_STATUS {
  return code in REQUEST_STATUS
}
