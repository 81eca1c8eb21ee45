import type { FastifyInstance } from 'fastify'
import type { ApiPieces } from './pieces.ts'

/** `GET /metrics`: counters for Prometheus. */
export function metricsRoute(app: FastifyInstance, { metrics }: Pick<ApiPieces, 'metrics'>): void {
  app.get('/metrics', async (_request, reply) => {
    const { type, text } = await metrics()
    return reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff').type(type).send(text)
  })
}
