import type { PreparedPython } from '../sandboxes/python/look_up.ts'
import { treeBytes } from '../sandboxes/process_tree.ts'
import { layersOf } from './layers.ts'
import type { OpenHost } from './open_host.ts'
import type { NotLoaded } from './registry/catalogue.ts'

export interface StatusParts {
  readonly opened: OpenHost<PreparedPython | undefined>
  /** Bytes of request bodies that are held. */
  readonly bodyBytes: () => number
}

/** What `GET /api/v1/status` answers; its schema is StatusAnswer. Sizes are bytes. */
export async function statusOf({ opened: { host, python, account, profile, config, runtimes }, bodyBytes }: StatusParts): Promise<object> {
  const { loaded, notLoaded } = host.catalogue()
  const { environment, own } = python() ?? {}
  const { modules, states: _, ...pool } = host.pool.status()
  return {
    profile: profile.policy.profile,
    layers: layersOf(config(), account, profile),
    uptimeSeconds: Math.round(process.uptime()),
    node: process.versions.node,
    account: account ?? null,
    runtimes: runtimesOf(runtimes().map(({ name }) => name), host.cells.status(), environment?.version),
    modules: { loaded: loaded.size, notLoaded: notLoaded.map(toReason) },
    watch: config().roots.watch,
    pool: { ...pool, runnersByModule: modules },
    queue: host.admission.status(),
    memory: { hostBytes: process.memoryUsage.rss(), bodyBytes: bodyBytes(), treeBytes: await treeBytes(process.pid) },
    environment: environment === undefined ? null : {
      python: environment.python,
      version: environment.version,
      origin: environment.origin,
      mispModules: environment.mispModules?.version ?? null,
      notInstalled: own?.failed ?? [],
    },
  }
}

/** A cell is named for its runtime, and after a slash for what it is. */
function runtimesOf(names: readonly string[], cells: readonly { readonly name: string }[], python: string | undefined): object[] {
  const versions: Readonly<Record<string, string | undefined>> = { python, isolate: `V8 ${process.versions.v8}` }
  return names.map((name) => ({ name, version: versions[name] ?? null, cells: cells.filter((cell) => cell.name.split('/', 1)[0] === name) }))
}

/** Where the author has to look: in the module's own file, or in another that it loads. */
function toReason({ source, failure }: NotLoaded): object {
  const { error: reason, file = source.file, line } = failure
  return { name: source.name, type: source.type, file, ...(line === undefined ? {} : { line }), reason }
}
