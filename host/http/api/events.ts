import type { FastifyInstance } from 'fastify'
import type { ServerResponse } from 'node:http'
import { randomUUID } from 'node:crypto'
import type { ModuleEvent } from '../../registry/events.ts'
import { EventClients } from './event_clients.ts'
import type { ApiPieces, Shown } from './pieces.ts'
import { sendProblem } from './problem_document.ts'

/** A reader that is behind by more than this is not reading. */
const BEHIND_BYTES = 256 * 1024
const MOST_CLIENTS = 64
const BEAT_MS = 15_000
const RETRY_MS = 2000

/**
 * `GET /api/v1/events`: what happens to modules, as server-sent events. An id is `<host>-<number>`: the numbers count from 1 each time
 * the host starts, and one who comes back with the id of an earlier host gets everything that is kept.
 */
export function eventsRoute(app: FastifyInstance, { events, ending, shown }: Pick<ApiPieces, 'events' | 'ending' | 'shown'>): void {
  const host = randomUUID().slice(0, 8)
  const clients = new EventClients({ most: MOST_CLIENTS, behindBytes: BEHIND_BYTES, beatMs: BEAT_MS })
  const printed = printer(host, shown)
  events.subscribe((event) => clients.tell(() => printed(event)))
  ending.addEventListener('abort', () => clients.end())

  app.get('/api/v1/events', {
    onRequest: (request, reply) => {
      reply.hijack()
      const { raw: res } = reply
      const { since } = request.query as { since?: unknown }
      const last = request.raw.headers['last-event-id'] ?? since
      const from = parsed(last, host)
      if (from === 'malformed') {
        const detail = `expected the id of an event, such as 12 or ${host}-12, found ${JSON.stringify(last).slice(0, 100)}`
        return sendProblem(res, request.id, { code: 'BAD_REQUEST', detail })
      }
      if (ending.aborted) return sendProblem(res, request.id, { code: 'SHUTTING_DOWN', detail: 'the host is ending' })
      if (clients.full) return sendProblem(res, request.id, { code: 'BUSY', detail: `at most ${MOST_CLIENTS} clients may listen to events` })
      sendHead(res, request.id)
      const missed = from === undefined ? [] : events.since(from)
      const gap = from !== undefined && (missed[0]?.id ?? from + 1) > from + 1 ? GAP : ''
      res.write(`retry: ${RETRY_MS}\n\n${gap}${missed.map(printed).join('')}`)
      clients.add(res, request.raw.revoked)
    },
  }, () => {
    throw new Error('expected the events to be sent before their handler')
  })
}

/** Some were forgotten meanwhile: whoever keeps a picture of the modules has to make a new one. */
const GAP = 'event: gap\ndata: {}\n\n'

function sendHead(res: ServerResponse, requestId: string): void {
  res.writeHead(200, [
    'Content-Type', 'text/event-stream; charset=utf-8', 'X-Content-Type-Options', 'nosniff', 'Cache-Control', 'no-store',
    // A proxy that collects what it passes on would keep events back.
    'X-Accel-Buffering', 'no', 'X-Request-Id', requestId, 'Server', 'misp-module-host',
  ])
}

/** The number after which events are wanted; undefined: only those to come. */
function parsed(last: unknown, host: string): number | undefined | 'malformed' {
  if (last === undefined || last === '') return undefined
  const [, ofHost, number] = typeof last === 'string' ? (/^(?:([0-9a-f]{8})-)?(\d{1,15})$/.exec(last) ?? []) : []
  if (number === undefined) return 'malformed'
  return ofHost === undefined || ofHost === host ? Number(number) : 0
}

function printer(host: string, shown: Shown): (event: ModuleEvent) => string {
  return ({ id, kind, at, tenant, module, type, runtime, file: path, version, failure }) => {
    const file = shown.file(path)
    const reason = failure === undefined ? null : {
      error: shown.text(failure.error), file: failure.file === undefined ? file : shown.file(failure.file), line: failure.line ?? null, missing: failure.missing ?? null,
    }
    const data = { id, at: new Date(at).toISOString(), kind, ...(tenant && { tenant }), module, type, runtime, file, version: version ?? null, failure: reason }
    return `id: ${host}-${id}\nevent: ${kind}\ndata: ${JSON.stringify(data)}\n\n`
  }
}
