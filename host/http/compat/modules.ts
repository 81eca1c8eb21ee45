import type { FastifyInstance } from 'fastify'
import type { RoutePieces } from '../pieces.ts'
import { sendRepresentation } from './etag.ts'
import { HTML } from './pages.ts'

/** GET /modules: the listing, which the catalogue made once. */
export function addModules(app: FastifyInstance, { catalogue, logRequest }: RoutePieces): void {
  app.get('/modules', (request, reply) => {
    const { body, etag } = catalogue().listing
    logRequest(request.raw, request.id, sendRepresentation(request, reply, { type: HTML, body, etag }))
  })
}
