import type { FastifyInstance } from 'fastify'

/** `GET /api/v1/status`: what the host is made of and how it is doing, as JSON. */
export function statusRoute(app: FastifyInstance, status: () => Promise<object>): void {
  app.get('/api/v1/status', async (_request, reply) => {
    const body = await status()
    return reply.header('cache-control', 'no-store').type('application/json').send(JSON.stringify(body))
  })
}
