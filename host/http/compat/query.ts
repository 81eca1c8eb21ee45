import type { FastifyInstance } from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Query, Result } from '../../../sandboxes/contract.ts'
import { QueryFailure } from '../../../sandboxes/failure.ts'
import { asFailure } from '../../dispatch/bug.ts'
import { deadlineOf } from '../../dispatch/deadline.ts'
import { dropRequest } from '../bare_answer.ts'
import { compatAnswer } from '../problem.ts'
import { holdUntilSent, send } from '../send.ts'
import type { RoutePieces } from '../pieces.ts'
import { receiveBody } from './body.ts'
import type { Body } from './body.ts'
import { logBody } from './debug_body.ts'
import { HTML } from './pages.ts'

/** One request to /query, from its headers to its answer. */
interface Exchange {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly id: string
}

/**
 * POST /query. The request is taken over before Fastify would parse a body: the chunks are kept as they come and go to the
 * module as they are.
 */
export function addQuery(app: FastifyInstance, pieces: RoutePieces): void {
  app.post('/query', {
    onRequest: (request, reply) => {
      reply.hijack()
      receive({ req: request.raw, res: reply.raw, id: request.id }, pieces)
    },
  }, unreachable)
}

function unreachable(): never {
  throw new Error('expected /query to be answered before its handler')
}

function receive(exchange: Exchange, pieces: RoutePieces): void {
  const { req } = exchange
  receiveBody(req, pieces.bytes, (received) => {
    if (typeof received === 'object') return query(exchange, received, pieces)
    if (received === 'no_room') return fail(exchange, undefined, new QueryFailure('BUSY', 'no memory is left for another request body'), pieces)
    if (received !== 'gone') dropRequest(req.socket)
    pieces.logRequest(req, exchange.id, received === 'gone' ? 499 : 400)
  })
}

function query(exchange: Exchange, body: Body, pieces: RoutePieces): void {
  let module: string | undefined
  let asking: Promise<Result>
  try {
    const asked = toQuery(exchange, body, pieces)
    module = asked.module
    asking = pieces.ask(asked)
  } catch (thrown) {
    return answer(() => fail(exchange, module, asFailure(thrown), pieces))
  } finally {
    if (pieces.debug !== 'off') logBody(pieces.log, exchange.id, module, body.chunks, pieces.debug)
  }
  asking.then(
    (result) => answer(() => succeed(exchange, module, result, pieces)),
    (thrown: unknown) => answer(() => fail(exchange, module, asFailure(thrown), pieces)),
  )

  function answer(send: () => void): void {
    pieces.bytes.give(body.bytes)
    try {
      send()
    } catch (error) {
      pieces.log.error({ err: error, reqId: exchange.id }, 'an answer could not be sent')
      exchange.res.destroy()
    }
  }
}

/** Throws QueryFailure. The order of the checks is upstream's, and shows: a request with several faults is answered by the first. */
function toQuery({ req, id }: Exchange, { chunks, bytes, scanned }: Body, pieces: RoutePieces): Query {
  if (!scanned.valid) throw badRequest(`expected JSON, found ${scanned.reason} at byte ${scanned.offset}`)
  if (!scanned.object) throw badRequest('expected a JSON object, found another value')
  if (scanned.timeout.kind === 'invalid') throw badRequest(`expected 'timeout' to be a number of seconds, found ${scanned.timeout.found}`)
  const { module, timeout } = scanned
  const asked = timeout.kind === 'seconds' ? timeout.seconds : undefined
  if (module.kind === 'absent') throw new QueryFailure('UNKNOWN_MODULE', "expected the name of a module as 'module', found none")
  if (module.kind === 'other') throw notAName(asked)
  const { receivedAt } = req
  const deadline = deadlineOf({ receivedAt, asked, configured: pieces.settings(module.name).timeout, margin: pieces.margin })
  return { id, tenant: pieces.tenant, module: module.name, body: chunks, bodyBytes: bytes, receivedAt, deadline }
}

function badRequest(message: string): QueryFailure {
  return new QueryFailure('BAD_REQUEST', message)
}

/** Upstream waits for the module before it looks it up, so that a timeout of nothing comes first. */
function notAName(asked: number | undefined): QueryFailure {
  if (asked !== undefined && asked <= 0) return new QueryFailure('MODULE_TIMED_OUT', `the time was up at once: timeout ${asked}`)
  return new QueryFailure('UNKNOWN_MODULE', "expected the name of a module as 'module', found a value that is no module's name")
}

function succeed({ req, res, id }: Exchange, module: string | undefined, { outcome, body, bodyBytes }: Result, pieces: RoutePieces): void {
  holdUntilSent(res, bodyBytes, pieces)
  send(res, id, 200, ['Content-Type', HTML], body, bodyBytes)
  pieces.logRequest(req, id, 200, { module, outcome })
}

function fail({ req, res, id }: Exchange, module: string | undefined, failure: QueryFailure, { logRequest }: RoutePieces): void {
  const { status, body } = compatAnswer(failure)
  send(res, id, status, ['Content-Type', HTML], [body], body.length)
  logRequest(req, id, status, { module, outcome: failure.code, failure })
}
