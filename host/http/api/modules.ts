import type { FastifyInstance } from 'fastify'
import { moduleRowOf, moduleRows, namesIn } from './module_rows.ts'
import type { ApiPieces } from './pieces.ts'
import { jsonReply, problemReply } from './reply.ts'

/** `GET /api/v1/modules` and `GET /api/v1/modules/:name`: every file that claims to be a module, and why it is not loaded. */
export function modulesRoutes(app: FastifyInstance, pieces: ApiPieces): void {
  app.get('/api/v1/modules', async (_request, reply) => jsonReply(reply, { modules: await moduleRows(pieces) }))

  app.get('/api/v1/modules/:name', async (request, reply) => {
    const { name } = request.params as { name: string }
    const row = await moduleRowOf(name, pieces)
    if (row !== undefined) return jsonReply(reply, row)
    const known = namesIn(pieces.catalogue())
    const nearest = pieces.nearest(name, known)
    const detail = `there is no module "${name.slice(0, 100)}"; ${known.length} names are known`
    return problemReply(reply, { code: 'UNKNOWN_MODULE', detail, more: { module: name.slice(0, 255), nearest } })
  })
}
