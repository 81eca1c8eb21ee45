import type { FastifyInstance } from 'fastify'
import { eventsRoute } from './events.ts'
import { metricsRoute } from './metrics.ts'
import { modulesRoutes } from './modules.ts'
import { openapiRoute } from './openapi.ts'
import type { ApiPieces, OverviewPieces } from './pieces.ts'
import { queryRoute } from './query.ts'
import { statusRoute } from './status.ts'

/** What upstream does not have. */
export function addApi(app: FastifyInstance, pieces: ApiPieces): void {
  modulesRoutes(app, pieces)
  queryRoute(app, pieces)
  addOverview(app, pieces)
}

/** What is told of the whole, and asks no module. */
export function addOverview(app: FastifyInstance, pieces: OverviewPieces): void {
  statusRoute(app, pieces)
  eventsRoute(app, pieces)
  openapiRoute(app, pieces)
  metricsRoute(app, pieces)
}
