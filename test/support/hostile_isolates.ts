import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { programOf } from './command_modules.ts'
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
  expect((await fetch(host.url('/healthcheck'), { signal: AbortSignal.timeout(30_000) })).status).toBe(200)
  expect(await host.neighbour()).toContain('echo')
  await eventually(async () => {
    const { pool } = await host.status()
    expect(host.strays()).toEqual([])
    expect(host.processes().length).toBeLessThanOrEqual(1 + 2 * (pool.runners + pool.starting) + SPARES)
  })
}

/** Processes of runners of isolates, spares among them. */
export function runnersOf(host: HostileServer): number[] {
  return host.processes().filter((pid) => programOf(pid).includes('runner.cjs') && !programOf(pid).startsWith('/bin/sh'))
}

/** The most memory, in MB, that any runner of isolates has had until `ask` was answered. */
export async function peakOf(host: HostileServer, ask: () => Promise<Asked>): Promise<{ asked: Asked; peakMb: number }> {
  let peakMb = 0
  const looker = setInterval(() => {
    peakMb = Math.max(peakMb, ...runnersOf(host).map(peakMegabytes))
  }, LOOK_MS)
  try {
    const asked = await ask()
    return { asked, peakMb }
  } finally {
    clearInterval(looker)
  }
}

const LOOK_MS = 20

function peakMegabytes(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

/** Processes that wait for the next module: a spare of each runtime with its keeper. */
const SPARES = 4
