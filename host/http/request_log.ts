import type { IncomingMessage } from 'node:http'
import pino, { type Logger } from 'pino'
import type { QueryFailure } from '../../sandboxes/failure.ts'
import { logClock } from './log_clock.ts'

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
 * Lines are written when every request of this turn of the event loop has its answer: nobody waits for the log. They are put
 * together here, in the form that pino gives to lines: under load that is a tenth of the work that a request is.
 */
export function requestLog(log: Logger): LogRequest {
  const stream = (log as unknown as Record<symbol, pino.DestinationStream>)[pino.symbols.streamSym]
  if (stream === undefined) throw new Error('expected a logger with a stream of its own')
  // What the log adds to each line, in the same form: whose it is, where there are tenants.
  const bound = (log as unknown as Record<symbol, string>)[pino.symbols.chindingsSym] ?? ''
  const time = logClock()
  let lines: Line[] = []

  function write(): void {
    const written = lines
    lines = []
    for (const line of written) {
      if (line.told?.failure === undefined) stream?.write(toText(line, time(), bound))
      else writeFailure(log, line, line.told.failure)
    }
  }

  return (req, reqId, status, told) => {
    if (!log.isLevelEnabled('info')) return
    if (lines.length === 0) setImmediate(write)
    const ms = Math.round((performance.now() - req.receivedAt) * 1000) / 1000
    lines.push({ reqId, method: req.method, url: req.originalUrl ?? req.url, status, ms, told })
  }
}

/** Ids are UUIDs or harmless by `requestId`, methods are tokens: only what else a client sent can need escaping. */
function toText({ reqId, method, url, status, ms, told }: Line, time: string, bound: string): string {
  const query = told === undefined ? '' : `${told.module === undefined ? '' : `,"module":${JSON.stringify(told.module)}`},"outcome":"${told.outcome}"`
  return `{"level":30,"time":"${time}"${bound},"reqId":"${reqId}","method":"${method}","url":${JSON.stringify(url)},`
    + `"status":${status},"ms":${ms}${query},"msg":"request"}\n`
}

function writeFailure(log: Logger, { reqId, method, url, status, ms, told }: Line, failure: QueryFailure): void {
  log.info({ reqId, method, url, status, ms, module: told?.module, ...failed(failure) }, 'request')
}

function failed({ code, blame, message, trace, cause }: QueryFailure): object {
  const shown = { outcome: code, blame, failure: message }
  return { ...shown, ...(trace === undefined ? {} : { trace }), ...(blame === 'host' && cause !== undefined ? { err: cause } : {}) }
}
