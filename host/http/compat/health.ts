import type { FastifyInstance } from 'fastify'
import type { RoutePieces } from '../pieces.ts'
import { represent, sendRepresentation } from './etag.ts'
import { HTML, sendPage } from './pages.ts'

/** GET /healthcheck and GET /version. */
export function addHealth(app: FastifyInstance, { version, logRequest }: RoutePieces): void {
  const healthy = represent(HTML, Buffer.from('{"status":true}'))
  app.get('/healthcheck', (request, reply) => {
    logRequest(request.raw, request.id, sendRepresentation(request, reply, healthy))
  })

  app.get('/version', (request, reply) => {
    const installed = version()
    if (installed === undefined) {
      sendPage(reply.raw, request.id, 500)
      logRequest(request.raw, request.id, 500)
      return
    }
    const body = Buffer.from(JSON.stringify({ version: installed }))
    logRequest(request.raw, request.id, sendRepresentation(request, reply, represent(HTML, body)))
  })
}
