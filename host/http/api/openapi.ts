import type { FastifyInstance } from 'fastify'
import { serverUrl } from '../compat/openapi.ts'
import { openapiDocument } from '../compat/openapi_document.ts'
import type { ApiPieces } from './pieces.ts'

/** `GET /api/v1/openapi.json`: all routes, upstream's and ours. Upstream's own document says what clients of upstream expect of it. */
export function openapiRoute(app: FastifyInstance, { catalogue, listenName }: Pick<ApiPieces, 'catalogue' | 'listenName'>): void {
  app.get('/api/v1/openapi.json', async (request, reply) => {
    // Turning the schemas into JSON Schema takes some milliseconds, and few ask.
    const { apiParts } = await import('./openapi_document.ts')
    const url = serverUrl(listenName, request.raw.socket.localPort ?? 0)
    const document = openapiDocument({ listing: catalogue().listing.body, serverUrl: url, generatedAt: new Date(), beyond: apiParts() })
    return reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff').type('application/json').send(document)
  })
}
