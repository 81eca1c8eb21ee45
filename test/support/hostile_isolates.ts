import { expect } from 'vitest'
import { type Answer, HOSTILE_ISOLATES, HostileServer, type Told } from './hostile_server.ts'
import { eventually } from './processes.ts'

export interface Asked extends Told {
  readonly answer: Answer
  readonly results: unknown
}

/** A server with hostile modules that run in isolates, next to a well-behaved one that does not. */
export function startIsolates(modules: readonly string[], config: Readonly<Record<string, unknown>> = {}): Promise<HostileServer> {
  return HostileServer.start({ root: HOSTILE_ISOLATES, form: 'single', modules, config })
}

/** Asks until a runner got the query: on a busy machine the time may be up before there is one. `timeout`: seconds. */
export async function askFor(host: HostileServer, module: string, how: string, request: object = {}): Promise<Asked> {
  for (;;) {
    const answer = await host.ask(module, { how, timeout: 5, ...request })
    const told = await host.told(answer)
    if (told.failure?.startsWith('no runner')) continue
    const { results } = JSON.parse(answer.body) as { results?: unknown }
    return { ...told, answer, results }
  }
}

/** What every hostile module leaves as it was: the host answers, others answer, and no process is left. */
export async function expectWell(host: HostileServer): Promise<void> {
  expect((await fetch(host.url('/healthcheck'), { signal: AbortSignal.timeout(5000) })).status).toBe(200)
  expect(await host.neighbour()).toContain('echo')
  await eventually(async () => {
    const { pool } = await host.status()
    expect(host.strays()).toEqual([])
    expect(host.processes().length).toBeLessThanOrEqual(1 + 2 * (pool.runners + pool.starting) + SPARES)
  })
}

/** Processes that wait for the next module: a spare of each runtime with its keeper. */
const SPARES = 4
