import type { FastifyInstance } from 'fastify'
import type { Counts, Snapshot } from '../../dispatch/statistics.ts'
import type { RoutePieces } from '../pieces.ts'
import { represent, sendRepresentation } from './etag.ts'
import { pythonFloat } from './python_float.ts'

/** GET /statistics: a snapshot, key by key in upstream's order. */
export function addStatistics(app: FastifyInstance, { catalogue, statistics, logRequest }: RoutePieces): void {
  app.get('/statistics', (request, reply) => {
    const body = Buffer.from(printSnapshot(statistics.snapshot(catalogue())))
    const status = sendRepresentation(request, reply, represent('application/json', body, 'no-store'))
    logRequest(request.raw, request.id, status)
  })
}

/** Prints floats as Python does, which JSON.stringify does not. */
export function printSnapshot({ startedAt, uptimeSeconds, totals, modules }: Snapshot): string {
  const entries = modules.map(({ name, type, counts }) => `${JSON.stringify(name)}:{"type":"${type}",${printCounts(counts)}}`)
  return `{"started_at":"${isoTime(startedAt)}","uptime_seconds":${pythonFloat(uptimeSeconds)},`
    + `"totals":{${printCounts(totals)}},"modules":{${entries.join(',')}}}`
}

function printCounts(counts: Counts): string {
  const { queries, completed, successes, moduleErrors, exceptions, timeouts, seconds } = counts
  const errors = moduleErrors + exceptions + timeouts
  const share = (count: number): string => completed === 0 ? 'null' : pythonFloat(count / completed)
  return `"queries":${queries},"completed":${completed},"in_flight":${queries - completed},"successes":${successes},`
    + `"errors":${errors},"module_errors":${moduleErrors},"exceptions":${exceptions},"timeouts":${timeouts},`
    + `"success_rate":${share(successes)},"error_rate":${share(errors)},`
    + `"request_bytes":${counts.requestBytes},"response_bytes":${counts.responseBytes},`
    + `"last_query_at":${time(counts.lastQueryAt)},"last_completed_at":${time(counts.lastCompletedAt)},`
    + `"response_time_seconds":{"count":${completed},"total":${pythonFloat(seconds.total)},"min":${float(seconds.min)},`
    + `"max":${float(seconds.max)},"average":${share(seconds.total)},"last":${float(seconds.last)},`
    + `"buckets":{${counts.buckets.map(({ bound, count }) => `"${bound}":${count}`).join(',')},"+Inf":${completed}}}`
}

function float(value: number | undefined): string {
  return value === undefined ? 'null' : pythonFloat(value)
}

function time(moment: number | undefined): string {
  return moment === undefined ? 'null' : `"${isoTime(moment)}"`
}

/** A moment in milliseconds since 1970, to the microsecond; a whole second has no fraction. */
export function isoTime(moment: number): string {
  const micros = Math.floor(moment * 1000)
  const text = new Date(Math.floor(micros / 1000)).toISOString().slice(0, 19)
  const fraction = micros % 1_000_000
  return fraction === 0 ? `${text}+00:00` : `${text}.${String(fraction).padStart(6, '0')}+00:00`
}
