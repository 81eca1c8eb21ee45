import type { PreparedPython } from '../../sandboxes/python/look_up.ts'
import { treeBytes } from '../../sandboxes/process/process_tree.ts'
import type { Shown } from '../http/api/pieces.ts'
import { layersOf } from './layers.ts'
import type { OpenHost } from '../open_host.ts'
import type { NotLoaded } from '../registry/catalogue.ts'

export interface StatusParts {
  readonly opened: OpenHost<PreparedPython | undefined>
  /** Bytes of request bodies that are held. */
  readonly bodyBytes: () => number
  readonly shown: Shown
}

/** What `GET /api/v1/status` answers; its schema is StatusAnswer. Sizes are bytes. */
export async function statusOf({ opened: { host, python, account, profile, config, runtimes }, bodyBytes, shown }: StatusParts): Promise<object> {
  const { loaded, notLoaded } = host.catalogue()
  const { environment, own } = python() ?? {}
  // What all tenants use together is none of one tenant's business.
  const isAll = config().tenant === undefined
  const { modules, states: _, ...pool } = host.pool.status()
  return {
    profile: profile.policy.profile,
    layers: layersOf(config(), account, profile),
    uptimeSeconds: Math.round(process.uptime()),
    node: process.versions.node,
    account: account ?? null,
    runtimes: runtimesOf(runtimes().map(({ name }) => name), host.cells.status(), environment?.version),
    modules: { loaded: loaded.size, notLoaded: notLoaded.map((each) => reasonOf(each, shown)) },
    watch: config().roots.watch,
    pool: { ...pool, runnersByModule: modules },
    queue: host.admission.status(),
    memory: { hostBytes: isAll ? process.memoryUsage.rss() : null, bodyBytes: bodyBytes(), answerBytes: host.answers.held(), treeBytes: isAll ? await treeBytes(process.pid) : null },
    environment: environment === undefined ? null : {
      python: isAll ? environment.python : null,
      version: environment.version,
      origin: environment.origin,
      mispModules: environment.mispModules?.version ?? null,
      notInstalled: (isAll && own?.failed) || [],
    },
  }
}

/** A cell is named for its runtime, and after a slash for what it is. */
export function runtimesOf(names: readonly string[], cells: readonly { readonly name: string }[], python: string | undefined): object[] {
  const versions: Readonly<Record<string, string | undefined>> = { python, isolate: `V8 ${process.versions.v8}` }
  return names.map((name) => ({ name, version: versions[name] ?? null, cells: cells.filter((cell) => cell.name.split('/', 1)[0] === name) }))
}

/** Where the author has to look: in the module's own file, or in another that it loads. */
export function reasonOf({ source, failure }: NotLoaded, shown: Shown): object {
  const { error: reason, file = source.file, line } = failure
  return { name: source.name, type: source.type, file: shown.file(file), ...(line === undefined ? {} : { line }), reason: shown.text(reason) }
}
