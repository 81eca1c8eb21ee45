import type { CellSpec } from '../../runtime.ts'
import { guarded } from '../guarded.ts'
import { CONTENT_BYTES } from './budget.ts'

export interface CompilerOptions {
  /** The Node to run it with. */
  readonly node: string
  /** The compile cell's program: `compile/main.ts`, or what was made of it. */
  readonly program: string
  /** The file that `misp-module-host/sdk` is for modules. */
  readonly sdk: string
  /** Processes that are started ahead of need; 1 where absent. */
  readonly spares?: number
  /** See CellSpec: besides the module's root. */
  readonly reads?: readonly string[] | undefined
}

/** Long chains of operators are parsed by recursion. */
const STACK_BYTES = 16 << 20
/** rolldown needs some ten times the size of what it reads. */
const MEMORY_MB = 768

/**
 * A process that bundles one module, and its next versions while it is being saved, and ends. One is kept warm, so that a save does not
 * wait for its start.
 */
export function compileCell({ node, program, sdk, spares = 1, reads }: CompilerOptions): CellSpec {
  // V8's own heap holds the sources and the map; rolldown's memory is watched from outside.
  const [command, ...args] = guarded([node, '--max-old-space-size=256', program, sdk], { isApart: reads !== undefined, hangs: false })
  return {
    name: 'isolate/compile',
    command,
    args,
    // The threads are for many files at once; a machine with a hundred processors has no use for a hundred of them here.
    env: { RAYON_NUM_THREADS: '4', TOKIO_WORKER_THREADS: '4', RUST_MIN_STACK: String(STACK_BYTES) },
    preload: undefined,
    spares,
    again: true,
    contentBytes: CONTENT_BYTES,
    memory: { baseMb: MEMORY_MB, perQueryMb: 0 },
    ...(reads !== undefined && { reads }),
    readsModule: true,
  }
}
