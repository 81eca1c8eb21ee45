import type { FastifyInstance } from 'fastify'
import type { RoutePieces } from '../pieces.ts'
import { addHealth } from './health.ts'
import { addModules } from './modules.ts'
import { ASSETS, addOpenapi } from './openapi.ts'
import { addQuery } from './query.ts'
import { addStatistics } from './statistics.ts'

/** The upstream routes; a wrong method on one of them is 405, anything else is 404. */
const PATHS: ReadonlySet<string> = new Set(['/modules', '/query', '/statistics', '/healthcheck', '/version', '/openapi.json', '/openapi', ...ASSETS])

/** No route is there; what a path that we do not serve is turned into. */
const NOWHERE = '/-'

export function addCompatRoutes(app: FastifyInstance, pieces: RoutePieces): void {
  addModules(app, pieces)
  addQuery(app, pieces)
  addStatistics(app, pieces)
  addHealth(app, pieces)
  addOpenapi(app, pieces)
}

export function isCompatPath(path: string | undefined): boolean {
  return path !== undefined && PATHS.has(path)
}

/** Whether a request target is for the host's own API, which upstream does not have. */
export function isBeyond(target: string | undefined): boolean {
  return target !== undefined && (target.startsWith('/api/') || /^\/metrics(?:\?|$)/.test(target))
}

/**
 * The path by which Fastify finds the route of a request target. Upstream compares paths as they were sent: what Fastify
 * would decode, cut at `#` or take out of an absolute URL is no route of ours.
 */
export function routePath(target: string): string {
  if (PATHS.has(target)) return target
  const question = target.indexOf('?')
  const path = question === -1 ? target : target.slice(0, question)
  if (PATHS.has(path)) return path
  // Upstream's pattern for this one leaves the dot unescaped.
  if (path.length === 13 && path.startsWith('/openapi') && path.endsWith('json')) return '/openapi.json'
  return isBeyond(path) ? target : NOWHERE
}
