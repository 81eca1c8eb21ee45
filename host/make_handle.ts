import { basename } from 'node:path'
import type { Logger } from 'pino'
import type { Ask } from '../sandboxes/contract.ts'
import type { PreparedPython } from '../sandboxes/python/look_up.ts'
import type { Runtime } from '../sandboxes/runtime.ts'
import type { Config } from './config/config.ts'
import { LOCAL } from './config/tenants.ts'
import type { Shown } from './http/api/pieces.ts'
import { addApi } from './http/api/routes.ts'
import { withoutFolder, withoutPaths } from './http/api/without_paths.ts'
import { byteBudget, type HeldBytes } from './http/byte_budget.ts'
import type { Handle, Pieces } from './http/pieces.ts'
import { createServer } from './http/server.ts'
import { mends } from './mend.ts'
import { metricsOf } from './observe/metrics.ts'
import { nearestFew } from './nearest.ts'
import type { OpenHost } from './open_host.ts'
import { stateOf } from './registry/warmth.ts'
import { statusOf } from './observe/status.ts'

const MEGABYTE = 1 << 20

/** Whoever runs the host knows its places. */
export const ALL: Shown = { folder: (path) => path, file: (path) => path, text: (text) => text }

function toStrangers(roots: () => readonly string[]): Shown {
  return { folder: (path) => basename(path), file: (path) => withoutFolder(path, roots()), text: (text) => withoutPaths(text, roots()) }
}

export interface HandleParts {
  readonly config: Config
  readonly log: Logger
  readonly opened: OpenHost<PreparedPython | undefined>
  /** Aborted when no more requests are taken. */
  readonly ending: AbortSignal
  /** Instead of the host's own: with a layer around it. */
  readonly ask?: Ask
  /** Instead of a budget of its own: what a tenant has of that of all. */
  readonly bytes?: HeldBytes
}

/** Answers requests with what a host serves. */
export async function makeHandle({ config, log, opened, ending, ask, ...parts }: HandleParts): Promise<Handle> {
  const { server, log: logging, tenant } = config
  const { host, python } = opened
  const { bytes = byteBudget(server.bodiesMb * MEGABYTE) } = parts
  const shown = tenant === undefined ? ALL : toStrangers(opened.roots)
  const runtimeOf = (runtime: string): Runtime | undefined => opened.runtimes().find(({ name }) => name === runtime)
  const pieces: Pieces = {
    tenant: tenant?.name ?? LOCAL,
    catalogue: host.catalogue,
    ask: ask ?? host.ask,
    settings: host.settings,
    statistics: host.statistics,
    version: () => python()?.environment.mispModules?.version,
    log,
    margin: { share: server.earlyPercent / 100, leastMs: server.earlyLeastMs, mostMs: server.earlyMostMs },
    bytes,
    answers: host.answers,
    unreadMs: server.unreadSeconds * 1000,
    debug: logging.debugExtended ? 'full' : logging.debug ? 'redacted' : 'off',
    listenName: server.listen,
    beyond: (api) => addApi(api, {
      ...pieces,
      watched: host.watched,
      events: host.events,
      runners: () => host.pool.status().states,
      waiting: () => host.admission.waiting(),
      reloadedAt: host.reloadedAt,
      offUntil: host.offUntil,
      limits: (runtime, limits) => runtimeOf(runtime)?.limits?.(limits) ?? limits,
      state: (runtime, module) => stateOf(runtimeOf(runtime)?.fresh === true, host.settings(module).warm, host.catalogue().loaded.get(module)?.introspection),
      // A tenant cannot install anything, and need not know where things are.
      mend: tenant === undefined ? mends(() => python()?.environment) : () => Promise.resolve(undefined),
      shown,
      nearest: nearestFew,
      status: () => statusOf({ opened, bodyBytes: bytes.held, shown }),
      metrics: metricsOf({ sources: () => [{ host, bodyBytes: bytes.held, labels: {} }], ofProcess: tenant === undefined }),
      bodyMs: server.bodySeconds * 1000,
      ending,
    }),
  }
  const { handle } = await createServer(pieces)
  return handle
}
