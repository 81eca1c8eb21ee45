import { fastify } from 'fastify'
import type { FastifyInstance } from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isAcceptable, LONGEST_BODY } from './acceptable.ts'
import { sendProblem } from './api/problem_document.ts'
import { problemReply } from './api/reply.ts'
import { dropRequest } from './bare_answer.ts'
import { sendPage } from './compat/pages.ts'
import { addCompatRoutes, isBeyond, isCompatPath, routePath } from './compat/routes.ts'
import type { Handle, Pieces } from './pieces.ts'
import { requestId } from './request_id.ts'
import { requestLog } from './request_log.ts'
import type { LogRequest } from './request_log.ts'

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
    // A module's name may take up to 255 characters, and each of those nine in an address.
    routerOptions: { maxParamLength: 4096 },
    rewriteUrl: (req) => routePath(req.url ?? ''),
    // No route has a schema of Fastify's kind; the compilers for them are half of what Fastify loads at a start.
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
  })
  // No type of body is looked at, so none is refused: a route that wants the body reads the stream.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  app.setNotFoundHandler((request, reply) => {
    if (!isBeyond(request.raw.url)) return refuse(request.raw, reply.raw, request.id, isCompatPath(request.raw.url) ? 405 : 404)
    sendProblem(reply.raw, request.id, { code: 'NOT_FOUND', detail: `there is no route ${request.method} ${pathOf(request.raw.url)}` })
    logRequest(request.raw, request.id, 404)
  })
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
      // Our own routes say themselves what is too long.
      if (!isAcceptable(req, isBeyond(req.url) ? Infinity : LONGEST_BODY)) {
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

/** A name in it may be as long as a caller likes. */
function pathOf(url = ''): string {
  return url.split('?', 1)[0]!.slice(0, 200)
}

function noSchemas(): never {
  throw new Error('expected no route to have a schema: bodies are checked by zod, answers are written as they are')
}

function addBeyond(api: FastifyInstance, { beyond, log }: Pieces, logRequest: LogRequest): void {
  api.decorateRequest('told', undefined)
  api.addHook('onRequest', (request, reply, done) => {
    reply.header('X-Request-Id', request.id)
    done()
  })
  api.addHook('onResponse', (request, reply, done) => {
    logRequest(request.raw, request.id, reply.statusCode, request.told)
    done()
  })
  api.setErrorHandler((error, request, reply) => {
    log.error({ err: error, reqId: request.id }, 'a route failed')
    return problemReply(reply, { code: 'INTERNAL', detail: 'a route failed; the reason is in the log under this requestId' })
  })
  beyond?.(api)
}
