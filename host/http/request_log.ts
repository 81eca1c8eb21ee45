import type { IncomingMessage } from 'node:http'
import type { Logger } from 'pino'
import type { QueryFailure } from '../../sandboxes/failure.ts'

/** What became of the query that a request carried. */
export interface Told {
  readonly module: string | undefined
  readonly outcome: string
  readonly failure?: QueryFailure
}

/** Writes the one line of a request. Status 499: the client was gone before it had sent everything. */
export type LogRequest = (req: IncomingMessage, reqId: string, status: number, told?: Told) => void

interface Line {
  readonly reqId: string
  readonly method: string | undefined
  readonly url: string | undefined
  readonly status: number
  readonly ms: number
  readonly told: Told | undefined
}

/**
 * Lines are written when every request of this turn of the event loop has its answer: nobody waits for the log, and a dozen
 * lines in a row cost half of what they cost one by one.
 */
export function requestLog(log: Logger): LogRequest {
  let lines: Line[] = []

  function write(): void {
    const written = lines
    lines = []
    for (const line of written) writeLine(log, line)
  }

  return (req, reqId, status, told) => {
    if (!log.isLevelEnabled('info')) return
    if (lines.length === 0) setImmediate(write)
    const ms = Math.round((performance.now() - req.receivedAt) * 1000) / 1000
    lines.push({ reqId, method: req.method, url: req.originalUrl ?? req.url, status, ms, told })
  }
}

function writeLine(log: Logger, { reqId, method, url, status, ms, told }: Line): void {
  if (told === undefined) log.info({ reqId, method, url, status, ms }, 'request')
  else if (told.failure === undefined) log.info({ reqId, method, url, status, ms, module: told.module, outcome: told.outcome }, 'request')
  else log.info({ reqId, method, url, status, ms, module: told.module, ...failed(told.failure) }, 'request')
}

function failed({ code, blame, message, trace, cause }: QueryFailure): object {
  const shown = { outcome: code, blame, failure: message }
  return { ...shown, ...(trace === undefined ? {} : { trace }), ...(blame === 'host' && cause !== undefined ? { err: cause } : {}) }
}
