import { noIsolates } from './no_isolates.ts'
import { guarded } from './guarded.ts'
import { compileCell } from './compile/cell.ts'
import { isolateModuleName } from './module_name.ts'
import { nodeFlags } from './node_flags.ts'
import type { IsolateFolder, NoIsolates } from './isolate_folder.ts'
import type { Limits } from '../contract.ts'
import { NOTHING } from '../egress/grant.ts'
import { DOOR } from '../launch/inside.ts'
import { TRUSTED, type Policy } from '../launch/policy.ts'
import { nodeLibraries } from '../node_reads.ts'
import type { CellSpec, Runtime } from '../runtime.ts'
import type { IsolateLoad } from '../wire/messages.ts'

/** What an operator decides about all modules in isolates. */
export interface IsolateSettings {
  /** Heap of one isolate. */
  readonly heapMb: number
  /** What a runner may hold besides the heaps of its isolates. */
  readonly offHeapMb: number
  /** Queries that one runner has at a time. */
  readonly atOnce: number
  /** An isolate for each query. */
  readonly fresh: boolean
  /** Processes that are started ahead of need. */
  readonly spares: number
  readonly inputMb: number
  readonly outputMb: number
}

export interface IsolateOptions {
  readonly folder: IsolateFolder | NoIsolates
  readonly settings: IsolateSettings
  /** TRUSTED where absent. */
  readonly policy?: Policy
  /** What modules may log and answer, of which the operator has said nothing in particular. */
  readonly limits: Pick<Limits, 'memoryMb' | 'outputBytes' | 'logBytes' | 'logLines'>
}

const MEGABYTE = 1 << 20

/** Modules in TypeScript and JavaScript: V8 isolates, in processes that have nothing else. */
export function isolateRuntime({ folder, settings, policy = TRUSTED, limits: general }: IsolateOptions): Runtime {
  if ('unusable' in folder) return noIsolates(folder)
  const isFresh = settings.fresh || policy.fresh
  const cell = runnerCell(folder, settings, { policy, limits: isolateLimits(settings, general) })
  return {
    name: 'isolate',
    fresh: isFresh,
    moduleName: isolateModuleName,
    cells: [cell],
    alone: cell,
    compiler: compileCell({ node: folder.node, program: folder.compile, sdk: folder.sdk, spares: settings.spares, reads: cell.reads }),
    inputBytes: settings.inputMb * MEGABYTE,
    limits(limits) {
      const { heap_mb, result_bytes } = isolateLimits(settings, limits)
      return { ...limits, cpuSeconds: undefined, memoryMb: heap_mb, outputBytes: result_bytes }
    },
    ...(policy.apart && { confined: [] }),
    smallestCell: () => 0,
    load: (source, { limits, egress, warm }, scratch, describe) => ({
      name: source.name,
      module_type: source.type,
      file: source.file,
      root: source.root,
      describe,
      scratch,
      env: {},
      memory_mb: limits.memoryMb,
      descriptors: 0,
      file_mb: 0,
      debug_http: false,
      // What else there is in a grant, secrets among it, is for the egress process alone.
      egress: policy.network === 'direct' ? egress : { ...NOTHING, door: DOOR },
      isolate: { ...isolateLimits(settings, limits), fresh: isFresh && !warm },
    }),
  }
}

function isolateLimits(settings: IsolateSettings, limits: IsolateOptions['limits']): Omit<IsolateLoad, 'fresh'> {
  return {
    heap_mb: Math.max(SMALLEST_HEAP_MB, Math.min(settings.heapMb, limits.memoryMb)),
    result_bytes: Math.min(limits.outputBytes, settings.outputMb * MEGABYTE),
    log_bytes: limits.logBytes,
    log_lines: limits.logLines,
  }
}

/** V8 needs this much for an isolate that does nothing. */
const SMALLEST_HEAP_MB = 8

interface CellManner {
  readonly policy: Policy
  readonly limits: Omit<IsolateLoad, 'fresh'>
}

function runnerCell({ node, path, runner, guest }: IsolateFolder, settings: IsolateSettings, { policy, limits }: CellManner): CellSpec {
  const program = [node, ...nodeFlags(policy), runner, guest, JSON.stringify(limits)] as const
  const [command, ...args] = guarded(program, { isApart: policy.apart, hangs: true })
  return {
    name: 'isolate',
    command,
    args,
    env: {},
    preload: undefined,
    spares: settings.spares,
    again: !policy.apart,
    // What a query does to V8 costs the others on its runner: who is not trusted has it for himself.
    atOnce: policy.apart ? 1 : settings.atOnce,
    memory: { baseMb: settings.offHeapMb, perQueryMb: settings.heapMb },
    outOfMemory: 'is_heap_oom',
    reaches: true,
    ...(policy.apart && { reads: [node, path, ...nodeLibraries()] }),
  }
}
