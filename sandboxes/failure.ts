/** Whose fault a failure is. Logs, statistics and HTTP statuses follow from it. */
export type Blame = 'caller' | 'module' | 'host'

/** Every way a query can fail, and whose fault it is. */
export const BLAME = {
  BAD_REQUEST: 'caller',
  UNKNOWN_MODULE: 'caller',
  NOT_LOADED: 'caller',
  UNAUTHENTICATED: 'caller',
  FORBIDDEN: 'caller',
  QUOTA_EXCEEDED: 'caller',
  INPUT_TOO_LARGE: 'caller',
  MODULE_THREW: 'module',
  MODULE_CANCELLED: 'module',
  BAD_RESULT: 'module',
  MODULE_TIMED_OUT: 'module',
  MODULE_OUT_OF_MEMORY: 'module',
  MODULE_CRASHED: 'module',
  OUTPUT_TOO_LARGE: 'module',
  PROTOCOL_VIOLATION: 'module',
  SANDBOX_UNAVAILABLE: 'host',
  SHUTTING_DOWN: 'host',
  BUSY: 'host',
} as const satisfies Record<string, Blame>

export type FailureCode = keyof typeof BLAME

/** A query that did not end in an answer. `message` is for the log and for /api/v1; the compat API has upstream's texts. */
export class QueryFailure extends Error {
  readonly code: FailureCode
  /** The module's own traceback, where there is one. */
  readonly trace: string | undefined

  constructor(code: FailureCode, message: string, options: { trace?: string | undefined; cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = 'QueryFailure'
    this.code = code
    this.trace = options.trace
  }

  get blame(): Blame {
    return BLAME[this.code]
  }
}
