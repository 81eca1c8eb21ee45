import { createHash, randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startServer, type OurServer } from './our_server.ts'
import { eventually } from './processes.ts'
import { testCache } from './test_cache.ts'

export const HOSTILE_MODULES = fileURLToPath(new URL('../fixtures/hostile', import.meta.url))
export const HOSTILE_ISOLATES = fileURLToPath(new URL('../fixtures/hostile_isolate', import.meta.url))
/** Well-behaved ones: `echo` and others. */
export const CAST_MODULES = fileURLToPath(new URL('../fixtures/cast/python', import.meta.url))

/** What all these servers know of the environment and of the modules: each would spend a second on finding it out. */
const STATE = join(testCache(), `state-${createHash('sha256').update(HOSTILE_MODULES).digest('hex').slice(0, 8)}`)

/** The ways in which a Python runner starts. */
export const FORMS = ['forkserver', 'single'] as const
export type Form = (typeof FORMS)[number]

const WENT_WRONG = 'Something went wrong, look in the server logs for details'

/** A liveness bound, longer than the time that any test gives to a query. */
const ANSWERED_WITHIN_MS = 60_000

/** What failures look like to a client of the compat API. */
export const ANSWERS = {
  generic: JSON.stringify({ error: WENT_WRONG }),
  genericWithResults: JSON.stringify({ error: WENT_WRONG, results: [] }),
  timeout: JSON.stringify({ error: 'Timeout.' }),
  unavailable: JSON.stringify({ error: 'The host cannot run this module at the moment, look in the server logs for details', results: [] }),
  busy: JSON.stringify({ error: 'The host has too much to do, try again later', results: [] }),
  shuttingDown: JSON.stringify({ error: 'The host is shutting down', results: [] }),
} as const

export interface HostileOptions {
  /** Modules that are served besides `echo`; no other is described. */
  readonly modules: readonly string[]
  readonly form?: Form
  /** The configuration file; `modules` in it are added to. */
  readonly config?: Readonly<Record<string, unknown>>
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** A state folder of its own. */
  readonly state?: string
  /** The folder of the modules. */
  readonly root?: string
}

export interface Answer {
  readonly status: number
  readonly body: string
  readonly ms: number
  readonly id: string
}

/** What happened to a query, as the log has it. */
export interface Told {
  readonly outcome: string
  readonly blame?: string
  readonly failure?: string
  readonly trace?: string
}

export interface Status {
  readonly account: { readonly uid: number; readonly gid: number } | null
  readonly modules: { readonly loaded: number; readonly notLoaded: readonly { readonly name: string; readonly file: string; readonly line?: number; readonly reason: string }[] }
  readonly pool: { readonly runners: number; readonly busy: number; readonly starting: number; readonly privateBytes: number; readonly runnersByModule: Readonly<Record<string, number>> }
  readonly queue: { readonly waiting: number; readonly running: number }
  readonly runtimes: readonly { readonly cells: readonly { readonly name: string; readonly pid: number; readonly ready: boolean }[] }[]
}

/** A server of ours with modules that nobody should trust. */
export class HostileServer implements AsyncDisposable {
  readonly server: OurServer
  readonly configFile: string
  readonly #mark: string
  readonly #folder: string

  private constructor(server: OurServer, configFile: string, mark: string, folder: string) {
    this.server = server
    this.configFile = configFile
    this.#mark = mark
    this.#folder = folder
  }

  static async start({ modules, form = 'forkserver', config = {}, args = [], env = {}, state = STATE, root = HOSTILE_MODULES }: HostileOptions): Promise<HostileServer> {
    const folder = mkdtempSync(join(tmpdir(), 'hostile-'))
    const configFile = join(folder, 'config.json')
    writeFileSync(configFile, JSON.stringify(configOf(modules, config)))
    const mark = randomUUID()
    const server = await startServer({
      custom: CAST_MODULES,
      args: ['--config', configFile, '--modules', root, '--python-form', form, ...args],
      // Whatever begins with LC_ is passed on to modules and what they start: so are their processes known.
      env: { ...process.env, LC_TEST: mark, ...env },
      state,
    })
    return new HostileServer(server, configFile, mark, folder)
  }

  get pid(): number {
    return this.server.pid
  }

  /** Asks a module. Rejects where no answer comes at all. */
  async ask(module: string, request: object = {}): Promise<Answer> {
    const began = performance.now()
    const body = JSON.stringify({ module, ...request })
    const response = await fetch(this.url('/query'), { method: 'POST', body, signal: AbortSignal.timeout(ANSWERED_WITHIN_MS) })
    const text = await response.text()
    return { status: response.status, body: text, ms: performance.now() - began, id: response.headers.get('x-request-id') ?? '' }
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.server.port}${path}`
  }

  async status(): Promise<Status> {
    return (await (await fetch(this.url('/api/v1/status'))).json()) as Status
  }

  /** The line that the log has of a query. */
  async told({ id }: Answer): Promise<Told> {
    let found: Told | undefined
    await eventually(() => {
      found = this.log().find(({ reqId, outcome }) => reqId === id && outcome !== undefined) as Told | undefined
      if (found === undefined) throw new Error(`the log says nothing of ${id}`)
    })
    return found as Told
  }

  /** Lines of the log, parsed. */
  log(): Record<string, unknown>[] {
    // What ends with a bracket and without a line end may go on.
    return this.server.log().split('\n').slice(0, -1).filter((line) => line.startsWith('{') && line.endsWith('}')).map((line) => JSON.parse(line) as Record<string, unknown>)
  }

  /** What modules printed during a query. */
  printed({ id }: Answer): string[] {
    return this.log().filter(({ reqId, outcome }) => reqId === id && outcome === undefined).map(({ msg }) => String(msg))
  }

  /** Whether the neighbour is well. */
  async neighbour(): Promise<string> {
    const { body } = await this.ask('echo')
    return Buffer.from((JSON.parse(body) as { results: string }).results, 'base64').toString()
  }

  /** What modules have started: neither the host, nor the top of a cell, nor directly below one. */
  strays(): number[] {
    const marked = markedProcesses(this.#mark)
    const cells = new Set([...marked].filter(([, parent]) => parent === this.pid).map(([pid]) => pid))
    return [...marked].filter(([pid, parent]) => pid !== this.pid && parent !== this.pid && !cells.has(parent)).map(([pid]) => pid)
  }

  /** Processes that nobody accounts for: strays, or all where there are more than the host, its cells and its runners. */
  async leftovers(): Promise<string[]> {
    const { pool, runtimes } = await this.status()
    const forkServers = runtimes.flatMap(({ cells }) => cells).length
    const strays = this.strays()
    const all = this.processes()
    // Each fork server has a spare runner, and each runner that is alone in its cell a keeper.
    const explained = 1 + (forkServers > 0 ? 2 * forkServers + pool.runners : 2 * pool.runners)
    return (strays.length > 0 ? strays : all.length > explained ? all : []).map(describeProcess)
  }

  /** Every process of this server that there is. */
  processes(): number[] {
    return [...markedProcesses(this.#mark).keys()]
  }

  usage(): { readonly descriptors: number; readonly megabytes: number } {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8')
    return { descriptors: readdirSync(`/proc/${this.pid}/fd`).length, megabytes: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024 }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
    rmSync(this.#folder, { recursive: true, force: true })
    try {
      await eventually(() => {
        const left = this.processes()
        if (left.length > 0) throw new Error(`the server has ended and left processes: ${left.map(describeProcess).join(', ')}`)
      })
    } finally {
      // A test that fails must not spoil those after it.
      for (const pid of this.processes()) process.kill(pid, 'SIGKILL')
    }
  }
}

/** Only these modules: describing others would cost each test their start. */
export function configOf(modules: readonly string[], config: Readonly<Record<string, unknown>> = {}): object {
  const entries = Object.fromEntries(['echo', ...modules].map((name) => [name, { enabled: true }]))
  const given = (config['modules'] ?? {}) as Record<string, object>
  const merged = Object.fromEntries(Object.entries(given).map(([name, entry]) => [name, { ...entries[name], ...entry }]))
  return { ...config, modules: { '*': { enabled: false }, ...entries, ...merged } }
}

/** Pids and their parents. */
function markedProcesses(mark: string): Map<number, number> {
  const found = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      if (!readFileSync(`/proc/${name}/environ`, 'latin1').includes(`LC_TEST=${mark}`)) continue
      const fields = readFileSync(`/proc/${name}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ')
      found.set(Number(name), Number(fields[1]))
    } catch {
      // It has ended meanwhile.
    }
  }
  return found
}

function describeProcess(pid: number): string {
  try {
    return `${pid} (${readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').slice(0, 100)}; ${/State:\s+(.*)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]})`
  } catch {
    return String(pid)
  }
}
