import { fastify } from 'fastify'
import type { FastifyInstance } from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import type { Ask, ModuleSettings } from '../../sandboxes/contract.ts'
import type { Margin } from '../dispatch/deadline.ts'
import type { Statistics } from '../dispatch/statistics.ts'
import type { Catalogue } from '../registry/catalogue.ts'
import { isAcceptable } from './acceptable.ts'
import { dropRequest } from './bare_answer.ts'
import type { ByteBudget } from './compat/body.ts'
import { sendPage } from './compat/pages.ts'
import { addCompatRoutes, isBeyond, isCompatPath, routePath } from './compat/routes.ts'
import { requestId } from './request_id.ts'
import { requestLog } from './request_log.ts'
import type { LogRequest } from './request_log.ts'

/** What the HTTP side needs of the rest of the host. */
export interface Pieces {
  readonly catalogue: () => Catalogue
  readonly ask: Ask
  /** Settings of a module, whether it is loaded or not. */
  readonly settings: (module: string) => ModuleSettings
  readonly statistics: Pick<Statistics, 'snapshot'>
  /** Version of the installed misp-modules distribution; undefined when there is none. */
  readonly version: () => string | undefined
  readonly log: Logger
  readonly margin: Margin
  /** Bodies that are being received or asked about count against it. */
  readonly bytes: ByteBudget
  /** Whether bodies are logged, and whether with their secrets. */
  readonly debug: 'off' | 'redacted' | 'full'
  /** The name given to `-l`, for the address in /openapi.json. */
  readonly listenName: string
  /** Adds the routes that upstream does not have, under /api/. They get Fastify as it is, and a line in the log. */
  readonly beyond?: (app: FastifyInstance) => void
}

/** What a route needs. */
export interface RoutePieces extends Pieces {
  readonly logRequest: LogRequest
}

declare module 'node:http' {
  interface IncomingMessage {
    /** When the headers had arrived, on the `performance.now()` clock. */
    receivedAt: number
    /** The request target as the client sent it; `url` is what the routes see. */
    originalUrl?: string
  }
}

/** Answers one request; the shape that `node:http` servers call. */
export type Handle = (req: IncomingMessage, res: ServerResponse) => void

/** The methods that upstream knows; any other is refused wherever it is sent. */
const METHODS = new Set(['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])

/** Builds the routes. The sockets are listen.ts's: it calls `handle` for every request whose headers have arrived. */
export async function createServer(pieces: Pieces): Promise<{ readonly handle: Handle }> {
  const logRequest = requestLog(pieces.log)
  const app = fastify({
    logger: false,
    exposeHeadRoutes: false,
    forceCloseConnections: false,
    genReqId: requestId,
    rewriteUrl: (req) => routePath(req.url ?? ''),
    // No route has a schema of Fastify's kind; the compilers for them are half of what Fastify loads at a start.
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
  })
  // No type of body is looked at, so none is refused: a route that wants the body reads the stream.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  app.setNotFoundHandler((request, reply) => refuse(request.raw, reply.raw, request.id, isCompatPath(request.raw.url) ? 405 : 404))
  // Only a bug of ours gets here: whatever a caller or a module can do wrong is answered by the routes.
  app.setErrorHandler((error, request, reply) => {
    pieces.log.error({ err: error, reqId: request.id }, 'a route failed')
    refuse(request.raw, reply.raw, request.id, 500)
  })
  addCompatRoutes(app, { ...pieces, logRequest })
  app.register((api, _options, done) => {
    addBeyond(api, pieces, logRequest)
    done()
  })
  await app.ready()

  function refuse(req: IncomingMessage, res: ServerResponse, id: string, status: 404 | 405 | 500): void {
    sendPage(res, id, status)
    logRequest(req, id, status)
  }

  return {
    handle(req, res) {
      req.receivedAt = performance.now()
      if (!isAcceptable(req)) {
        dropRequest(req.socket)
        logRequest(req, requestId(req), 400)
      } else if (!METHODS.has(req.method ?? '')) {
        refuse(req, res, requestId(req), 405)
      } else {
        // Any Content-Type will do for upstream's routes, also one that Fastify would refuse as malformed.
        if (req.headers['content-type'] !== undefined && !isBeyond(req.url)) req.headers['content-type'] = undefined
        app.routing(req, res)
      }
    },
  }
}

function noSchemas(): never {
  throw new Error('expected no route to have a schema: bodies are checked by zod, answers are written as they are')
}

function addBeyond(api: FastifyInstance, { beyond, log }: Pieces, logRequest: LogRequest): void {
  api.addHook('onRequest', (request, reply, done) => {
    reply.header('X-Request-Id', request.id)
    done()
  })
  api.addHook('onResponse', (request, reply, done) => {
    logRequest(request.raw, request.id, reply.statusCode)
    done()
  })
  api.setErrorHandler((error, request, reply) => {
    log.error({ err: error, reqId: request.id }, 'a route failed')
    const problem = { type: 'about:blank', title: 'Internal Server Error', status: 500 }
    return reply.code(500).type('application/problem+json').send(problem)
  })
  beyond?.(api)
}
