import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { descendants } from '../../sandboxes/process/process_tree.ts'
import { HostileServer, type HostileOptions } from './hostile_server.ts'
import { eventually } from './processes.ts'
import { testCache } from './test_cache.ts'

export const STRICT_MODULES = fileURLToPath(new URL('../fixtures/hostile_strict', import.meta.url))
/** What all these servers know of the environment and of the modules. */
export const STRICT_STATE = join(testCache(), 'strict')

/** What a module is to do: the name of a function of the fixture `tries`, and its arguments. */
export type Act = readonly [name: string, ...args: readonly (string | number)[]]

/** A server in the profile strict, with a well-behaved module and hostile ones. */
export async function startStrict(modules: readonly string[], options: Partial<HostileOptions> = {}): Promise<HostileServer> {
  const { args = [], ...others } = options
  return await HostileServer.start({ modules, root: STRICT_MODULES, state: STRICT_STATE, args: ['--profile', 'strict', ...args], ...others })
}

/** What came of what the module tried, in the same order. */
export async function tried(host: HostileServer, acts: readonly Act[]): Promise<unknown[]> {
  const answer = await host.ask('tries', { acts })
  const { results } = JSON.parse(answer.body) as { results?: unknown[] }
  if (results === undefined) throw new Error(`the module gave no answer: ${answer.body}; ${JSON.stringify(await host.told(answer))}`)
  return results
}

/** What no module may change: files of the machine, and other processes than its own. */
export class Surroundings {
  readonly #host: HostileServer
  readonly #settings = settings()

  constructor(host: HostileServer) {
    this.#host = host
  }

  /** The host answers, the neighbour does, nothing of a module's is left running, and the machine is as it was. */
  async expectAsBefore(): Promise<void> {
    const host = this.#host
    expect((await fetch(host.url('/healthcheck'), { signal: AbortSignal.timeout(30_000) })).status).toBe(200)
    expect(await host.neighbour()).toContain('echo')
    await eventually(async () => {
      const { pool, runtimes } = await host.status()
      const cells = runtimes.flatMap((runtime) => runtime.cells).length
      // Of each cell bubblewrap twice and a fork server with its spare; of a runner that is a cell alone its keeper as well.
      expect(descendants(host.pid).length).toBeLessThanOrEqual(4 * cells + 4 * (pool.runners + pool.starting) + SPARES)
    })
    expect(settings()).toEqual(this.#settings)
  }
}

/** A runner of isolates that waits, with bubblewrap; and fork servers that are no module's yet, with bubblewrap and their proxies. */
const SPARES = 3 + 2 * 4

function settings(): readonly string[] {
  return ['kernel/core_pattern', 'kernel/hostname', 'kernel/modprobe', 'vm/drop_caches'].map((name) => {
    try {
      return readFileSync(`/proc/sys/${name}`, 'utf8')
    } catch {
      return 'not to be read'
    }
  })
}
