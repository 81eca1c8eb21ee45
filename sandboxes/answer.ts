import type { Result } from './contract.ts'
import { QueryFailure } from './failure.ts'
import type { Reply } from './wire/runner.ts'

/** What a runner's reply to a query means: a result, or a QueryFailure with the module's traceback. */
export function toResult(reply: Reply): Result {
  if (reply.header.type !== 'result') {
    throw new QueryFailure('PROTOCOL_VIOLATION', `expected a result, the runner sent a ${reply.header.type} message`)
  }
  const { outcome } = reply.header
  if (outcome === 'success' || outcome === 'module_error') {
    return { outcome, body: reply.payload, bodyBytes: reply.payloadBytes }
  }
  const trace = Buffer.concat(reply.payload).toString()
  const lastLine = reply.header.error ?? trace.trimEnd().split('\n').at(-1) ?? ''
  switch (outcome) {
    case 'exception':
      throw new QueryFailure('MODULE_THREW', lastLine, { trace })
    case 'bad_result':
      throw new QueryFailure('BAD_RESULT', lastLine, { trace })
    case 'timeout':
      throw new QueryFailure('MODULE_TIMED_OUT', `the module raised a timeout: ${lastLine}`, { trace })
    case 'cancelled':
      throw new QueryFailure('MODULE_CANCELLED', lastLine, { trace })
    case 'out_of_memory':
      throw new QueryFailure('MODULE_OUT_OF_MEMORY', `the module may not have more memory: ${lastLine}`, { trace })
    case 'refused':
      throw new QueryFailure('BAD_REQUEST', `the runner does not take the body: ${lastLine}`)
    case 'violation':
      throw new QueryFailure('PROTOCOL_VIOLATION', lastLine, { trace })
    case 'too_large':
      throw new QueryFailure('OUTPUT_TOO_LARGE', lastLine, { trace })
    case 'exit':
      throw new QueryFailure('MODULE_CRASHED', `the module ended its process: ${lastLine}`, { trace })
  }
}
