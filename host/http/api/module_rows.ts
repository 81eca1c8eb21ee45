import { relative } from 'node:path'
import type { LoadFailure, ModuleSource, ModuleSettings } from '../../../sandboxes/contract.ts'
import type { Counts } from '../../dispatch/statistics.ts'
import type { Catalogue, LoadedModule, NotLoaded } from '../../registry/catalogue.ts'
import type { ApiPieces } from './pieces.ts'
import type { ModuleCandidate, ModuleDetail, ModuleFailure } from './module_schemas.ts'

/** Every name that a file claims, in code-point order, with all that claim it. */
export async function moduleRows(pieces: ApiPieces): Promise<ModuleDetail[]> {
  const catalogue = pieces.catalogue()
  const names = namesIn(catalogue)
  const counts = new Map(pieces.statistics.snapshot(catalogue).modules.map((each) => [each.name, each.counts]))
  return Promise.all(names.map((name) => moduleRow(name, catalogue, counts.get(name), pieces)))
}

/** Of one name; undefined where nothing claims it. */
export async function moduleRowOf(name: string, pieces: ApiPieces): Promise<ModuleDetail | undefined> {
  const catalogue = pieces.catalogue()
  if (!namesIn(catalogue).includes(name)) return undefined
  const counts = pieces.statistics.snapshot(catalogue).modules.find((each) => each.name === name)?.counts
  return moduleRow(name, catalogue, counts, pieces)
}

export function namesIn({ loaded, notLoaded, overridden }: Catalogue): string[] {
  const names = [...loaded.keys(), ...notLoaded.map(({ source }) => source.name), ...overridden.map(({ name }) => name)]
  return [...new Set(names)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

async function moduleRow(name: string, catalogue: Catalogue, counts: Counts | undefined, pieces: ApiPieces): Promise<ModuleDetail> {
  const loaded = catalogue.loaded.get(name)
  const candidates = await candidatesOf(name, loaded, catalogue, pieces)
  const settings = pieces.settings(name)
  const served = candidates.find(({ state }) => state === 'served')
  const broken = candidates.find(({ failure }) => failure !== undefined)
  // What is served, and where nothing is, what would be if it loaded.
  const shown = served ?? broken ?? candidates[0]!
  const limits = pieces.limits(shown.runtime, settings.limits)
  return {
    name,
    loaded: loaded !== undefined,
    type: shown.type,
    runtime: shown.runtime,
    file: shown.file,
    root: shown.root,
    builtin: shown.builtin,
    version: loaded?.version ?? null,
    reloadedAt: timeOf(loaded === undefined ? undefined : pieces.reloadedAt(loaded.source.file)),
    failure: (served ?? shown).failure ?? null,
    candidates,
    enabled: settings.enabled,
    offUntil: timeOf(pieces.offUntil(name)),
    limits: { timeoutSeconds: settings.timeout, ...limits, cpuSeconds: limits.cpuSeconds ?? null },
    reach: reachOf(settings),
    grants: { processes: settings.processes, warm: settings.warm },
    state: pieces.state(shown.runtime, name),
    runners: { idle: 0, busy: 0, starting: 0, ...pieces.runners().get(name) },
    waiting: pieces.waiting().get(name) ?? 0,
    counters: countersOf(counts),
  }
}

async function candidatesOf(name: string, loaded: LoadedModule | undefined, catalogue: Catalogue, pieces: ApiPieces): Promise<ModuleCandidate[]> {
  const ofName = ({ source }: NotLoaded): boolean => source.name === name
  const failed = await Promise.all(catalogue.notLoaded.filter(ofName).map(async ({ source, failure }) => ({
    ...placeOf(source, pieces), state: 'failed' as const, version: null, failure: await failureOf(source, failure, pieces),
  })))
  const overridden = catalogue.overridden.filter((source) => source.name === name)
    .map((source) => ({ ...placeOf(source, pieces), state: 'overridden' as const, version: null }))
  if (loaded === undefined) return [...failed, ...overridden]
  // The newest save of the file that is served may be among those that do not load.
  const place = placeOf(loaded.source, pieces)
  const newest = failed.find(({ root, file }) => root === place.root && file === place.file)
  const served = { ...place, state: 'served' as const, version: loaded.version, ...(newest && { failure: newest.failure }) }
  return [...failed.filter((each) => each !== newest), served, ...overridden]
}

function placeOf({ type, runtime, file, root, builtin }: ModuleSource, { shown }: ApiPieces): Pick<ModuleCandidate, 'type' | 'runtime' | 'file' | 'root' | 'builtin'> {
  return { type, runtime, file: relative(root, file), root: shown.folder(root), builtin }
}

async function failureOf(source: ModuleSource, failure: LoadFailure, { mend, shown }: ApiPieces): Promise<ModuleFailure> {
  const { error, file = source.file, line = null, trace } = failure
  const fix = await mend(source, failure)
  return {
    error: shown.text(error), file: shown.file(file), line,
    trace: trace === undefined ? null : shown.text(trace),
    missing: fix?.what ?? failure.missing ?? null,
    mend: fix?.command ?? null,
  }
}

/** By the functions that the host offers. What a file of certificates or a proxy is called is the operator's business. */
function reachOf({ egress: { hosts, networks, ports, methods, headers, proxy, connectMs, requestMs, responseBytes } }: ModuleSettings): ModuleDetail['reach'] {
  return {
    hosts: hosts === undefined ? 'any public' : [...hosts], networks: [...networks],
    ports: ports === undefined ? 'any' : [...ports], methods: methods === undefined ? 'any' : [...methods],
    headers: headers.map(({ host, name }) => ({ host, name })),
    proxied: proxy !== undefined, connectMs, requestMs, responseBytes,
  }
}

function countersOf(counts: Counts | undefined): ModuleDetail['counters'] {
  const { queries = 0, successes = 0, moduleErrors = 0, exceptions = 0, timeouts = 0, requestBytes = 0, responseBytes = 0 } = counts ?? {}
  const average = counts === undefined || counts.completed === 0 ? null : counts.seconds.total / counts.completed
  return {
    queries, successes, moduleErrors, exceptions, timeouts, requestBytes, responseBytes,
    lastQueryAt: timeOf(counts?.lastQueryAt), averageSeconds: average,
  }
}

function timeOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString()
}
