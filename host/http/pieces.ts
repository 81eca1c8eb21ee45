import type { FastifyInstance } from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import type { Ask, ModuleSettings } from '../../sandboxes/contract.ts'
import type { Margin } from '../dispatch/deadline.ts'
import type { Statistics } from '../dispatch/statistics.ts'
import type { Share } from '../../sandboxes/shared_bytes.ts'
import type { Catalogue } from '../registry/catalogue.ts'
import type { ByteBudget } from './compat/body.ts'
import type { LogRequest, Told } from './request_log.ts'

/** What the HTTP side needs of the rest of the host. */
export interface Pieces {
  /** Whose modules these are. */
  readonly tenant: string
  readonly catalogue: () => Catalogue
  readonly ask: Ask
  /** Settings of a module, whether it is loaded or not. */
  readonly settings: (module: string) => ModuleSettings
  readonly statistics: Pick<Statistics, 'snapshot'>
  /** Version of the installed misp-modules distribution; undefined when there is none. */
  readonly version: () => string | undefined
  readonly log: Logger
  readonly margin: Margin
  /** Bodies that are being received or asked about count against it. */
  readonly bytes: ByteBudget
  /** So do answers, until they are sent. */
  readonly answers: Pick<Share, 'hold' | 'give'>
  /** How long nothing of a long one may be read. */
  readonly unreadMs: number
  /** Whether bodies are logged, and whether with their secrets. */
  readonly debug: 'off' | 'redacted' | 'full'
  /** The name given to `-l`, for the address in /openapi.json. */
  readonly listenName: string
  /** Adds the routes that upstream does not have, under /api/. They get Fastify as it is, and a line in the log. */
  readonly beyond?: (app: FastifyInstance) => void
}

/** What a route needs. */
export interface RoutePieces extends Pieces {
  readonly logRequest: LogRequest
}

/** Answers one request; the shape that `node:http` servers call. */
export type Handle = (req: IncomingMessage, res: ServerResponse) => void

declare module 'node:http' {
  interface IncomingMessage {
    /** When the headers had arrived, on the `performance.now()` clock. */
    receivedAt: number
    /** The request target as the client sent it; `url` is what the routes see. */
    originalUrl?: string
    /** Aborted when whoever asks no longer may: an answer that has no end of its own ends then. */
    revoked?: AbortSignal | undefined
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** What became of the query that a request of our own API carried, for its line in the log. */
    told: Told | undefined
  }
}
