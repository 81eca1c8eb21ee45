import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { randomUUID } from 'node:crypto'
import type { Query, Result } from '../../../sandboxes/contract.ts'
import { QueryFailure } from '../../../sandboxes/failure.ts'
import { asFailure } from '../../dispatch/bug.ts'
import { deadlineOf } from '../../dispatch/deadline.ts'
import { LONGEST_BODY } from '../acceptable.ts'
import { receiveBody, type Body, type Refused } from '../compat/body.ts'
import { timeoutField } from '../compat/query_fields.ts'
import { holdUntilSent } from '../send.ts'
import { sendAnswer, sendFailure, type Exchange } from './answer.ts'
import { namedBody } from './named_body.ts'
import type { ApiPieces } from './pieces.ts'
import { isJson, sendProblem, type Problem } from './problem_document.ts'

/**
 * `POST /api/v1/modules/:name/query`: asks a module. The body is a query as `/query` has it; it need not say which module. Answers with
 * the module's own bytes inside an envelope, or with a problem and a status that says what happened.
 */
export function queryRoute(app: FastifyInstance, pieces: ApiPieces): void {
  app.post('/api/v1/modules/:name/query', {
    onRequest: (request, reply) => {
      reply.hijack()
      const { name } = request.params as { name: string }
      const { timeout } = request.query as { timeout?: unknown }
      receive({ request, req: request.raw, res: reply.raw, id: request.id, module: name, timeout }, pieces)
    },
  }, unreachable)
}

function unreachable(): never {
  throw new Error('expected a query to be answered before its handler')
}

interface Asking extends Exchange {
  readonly request: FastifyRequest
  readonly req: IncomingMessage
  readonly res: ServerResponse
  /** `timeout` of the address, not yet believed. */
  readonly timeout: unknown
}

function receive(asking: Asking, pieces: ApiPieces): void {
  const { req } = asking
  const refusal = refusalOf(req)
  if (refusal !== undefined) return refuse(asking, refusal)
  const stop = receiveBody(req, pieces.bytes, (received) => {
    clearTimeout(timer)
    if (typeof received === 'object') void ask(asking, received, pieces)
    else if (received !== 'gone') refuse(asking, REFUSALS[received])
  })
  const timer = setTimeout(() => {
    stop()
    refuse(asking, { code: 'SLOW_REQUEST', detail: `the body did not arrive within ${pieces.bodyMs / 1000} s` })
  }, pieces.bodyMs)
}

/** What is wrong with a request whose body nobody has to read for that. */
function refusalOf(req: IncomingMessage): Problem | undefined {
  const { 'content-type': type = 'none', 'content-encoding': coding = 'identity', 'content-length': length } = req.headers
  if (!isJson(req)) return { code: 'UNSUPPORTED_MEDIA_TYPE', detail: `expected Content-Type application/json, found ${type.slice(0, 100)}` }
  if (coding !== 'identity') return { code: 'UNSUPPORTED_MEDIA_TYPE', detail: `expected a body without Content-Encoding, found ${coding.slice(0, 100)}` }
  return Number(length ?? 0) > LONGEST_BODY ? REFUSALS.too_long : undefined
}

const REFUSALS = {
  no_room: { code: 'BUSY', detail: 'no memory is left for another request body' },
  too_long: { code: 'INPUT_TOO_LARGE', detail: `a body has at most ${LONGEST_BODY} bytes` },
  broken: { code: 'BAD_REQUEST', detail: 'expected a body without trailers' },
} as const satisfies Record<Exclude<Refused, 'gone'>, Problem>

/** Nothing more of the request is read: the connection ends with the answer. */
function refuse({ request, res, id, module }: Asking, problem: Problem): void {
  request.told = { module, outcome: problem.code }
  sendProblem(res, id, { ...problem, more: { module } }, ['Connection', 'close'])
}

async function ask(asking: Asking, body: Body, pieces: ApiPieces): Promise<void> {
  const { request, req, res, id, module } = asking
  // Whoever chose an id of a request must not see the lines of somebody else's.
  const own = req.headers['x-request-id'] === id ? `${id}/${randomUUID().slice(0, 8)}` : id
  const { logLines, logBytes } = pieces.settings(module).limits
  using watch = pieces.watched.watch({ id: own, module }, { lines: logLines, bytes: logBytes })
  try {
    const result = await asked(async () => {
      const answer = await pieces.ask(toQuery(asking, own, body, pieces))
      holdUntilSent(res, answer.bodyBytes, pieces)
      return answer
    })
    request.told = { module, outcome: result.outcome }
    await sendAnswer(asking, result, watch)
  } catch (thrown) {
    const failure = asFailure(thrown)
    request.told = { module, outcome: failure.code, failure }
    if (res.headersSent) res.destroy()
    else sendFailure(asking, failure, watch, pieces)
  } finally {
    pieces.bytes.give(body.bytes)
  }
}

/** What a module printed before it answered is in the kernel by then, and read in this turn of the event loop or the next. */
async function asked(ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask()
  } finally {
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Throws QueryFailure BAD_REQUEST. */
function toQuery({ req, module, timeout: inAddress }: Asking, id: string, body: Body, { tenant, settings, margin }: ApiPieces): Query {
  const { scanned } = body
  if (!scanned.valid) throw badRequest(`expected JSON, found ${scanned.reason} at byte ${scanned.offset}`)
  if (!scanned.object) throw badRequest('expected a JSON object, found another value')
  if (scanned.module.kind === 'other') throw badRequest('expected `module` to be the name of a module, or not to be there')
  if (scanned.module.kind === 'name' && scanned.module.name !== module) {
    throw badRequest(`expected \`module\` to be "${module}" as in the address, found "${scanned.module.name}"`)
  }
  const timeout = inAddress === undefined ? scanned.timeout : timeoutField(typeof inAddress === 'string' ? { scalar: inAddress } : 'a list')
  if (timeout.kind === 'invalid') throw badRequest(`expected \`timeout\` to be a number of seconds, found ${timeout.found}`)
  const { chunks, bytes } = scanned.module.kind === 'name' ? body : namedBody(body, module)
  const { receivedAt } = req
  const asked = timeout.kind === 'seconds' ? timeout.seconds : undefined
  const deadline = deadlineOf({ receivedAt, asked, configured: settings(module).timeout, margin })
  return { id, tenant, module, body: chunks, bodyBytes: bytes, receivedAt, deadline }
}

function badRequest(message: string): QueryFailure {
  return new QueryFailure('BAD_REQUEST', message)
}
