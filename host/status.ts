import type { Account } from '../sandboxes/launch/trusted.ts'
import type { PreparedPython } from '../sandboxes/python/look_up.ts'
import { treeBytes } from '../sandboxes/process_tree.ts'
import type { Host } from './host.ts'
import type { NotLoaded } from './registry/catalogue.ts'

export interface StatusParts {
  readonly host: Host
  readonly python: () => PreparedPython | undefined
  /** Bytes of request bodies that are held. */
  readonly bodyBytes: () => number
  readonly account: Account | undefined
}

/** Where the author has to look: in the module's own file, or in another that it loads. */
function toReason({ source, failure }: NotLoaded): object {
  const { error: reason, file = source.file, line } = failure
  return { name: source.name, type: source.type, file, ...(line === undefined ? {} : { line }), reason }
}

/** What `GET /api/v1/status` answers. Sizes are bytes. */
export async function statusOf({ host, python, bodyBytes, account }: StatusParts): Promise<object> {
  const { loaded, notLoaded } = host.catalogue()
  const environment = python()?.environment
  const { modules, states: _, ...pool } = host.pool.status()
  return {
    profile: 'trusted',
    uptimeSeconds: Math.round(process.uptime()),
    account: account ?? null,
    runtimes: environment === undefined ? [] : [{ name: 'python', version: environment.version, cells: host.cells.status() }],
    modules: { loaded: loaded.size, notLoaded: notLoaded.map(toReason) },
    pool: { ...pool, runnersByModule: modules },
    queue: host.admission.status(),
    memory: { hostBytes: process.memoryUsage.rss(), bodyBytes: bodyBytes(), treeBytes: await treeBytes(process.pid) },
    environment: environment === undefined ? null : {
      python: environment.python,
      version: environment.version,
      origin: environment.origin,
      mispModules: environment.mispModules?.version ?? null,
      notInstalled: python()?.own?.failed ?? [],
    },
  }
}
