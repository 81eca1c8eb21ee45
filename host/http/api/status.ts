import type { FastifyInstance } from 'fastify'
import type { ApiPieces } from './pieces.ts'
import { jsonReply } from './reply.ts'

/** `GET /api/v1/status`: what the host is made of and how it is doing, as JSON. */
export function statusRoute(app: FastifyInstance, { status }: Pick<ApiPieces, 'status'>): void {
  app.get('/api/v1/status', async (_request, reply) => jsonReply(reply, await status()))
}
