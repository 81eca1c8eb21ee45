import { randomUUID } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Status } from './hostile_server.ts'
import { newState, startServer, type OurServer } from './our_server.ts'
import { eventually } from './processes.ts'

export interface ReloadOptions {
  readonly args?: readonly string[]
  /** Files of the root by path before the server starts. */
  readonly files?: Readonly<Record<string, string>>
  /** Another root instead of the one that is made. */
  readonly root?: string
  readonly config?: object
}

/** A server with a root of modules that a test saves into. Of upstream's modules only those whose names begin with `r_` are served: none. */
export class ReloadServer implements AsyncDisposable {
  readonly server: OurServer
  readonly root: string
  readonly folder: string
  readonly configFile: string
  readonly #state: string

  private constructor(server: OurServer, folder: string, root: string, configFile: string, state: string) {
    this.server = server
    this.folder = folder
    this.root = root
    this.configFile = configFile
    this.#state = state
  }

  static async start({ args = [], files = {}, root, config = {} }: ReloadOptions = {}): Promise<ReloadServer> {
    const folder = mkdtempSync(join(tmpdir(), 'reload-'))
    chmodSync(folder, 0o755)
    const state = await newState()
    const own = root ?? join(folder, 'root')
    const configFile = join(folder, 'config.json')
    writeFileSync(configFile, JSON.stringify({ modules: { '*': { enabled: false }, 'r_*': { enabled: true } }, ...config }))
    mkdirSync(join(own, 'expansion'), { recursive: true })
    chmodSync(own, 0o755)
    for (const [path, text] of Object.entries(files)) write(join(own, path), text)
    try {
      const server = await startServer({ args: ['--config', configFile, '--modules', own, ...args], state })
      return new ReloadServer(server, folder, own, configFile, state)
    } catch (error) {
      rmSync(folder, { recursive: true, force: true })
      rmSync(state, { recursive: true, force: true })
      throw error
    }
  }

  get pid(): number {
    return this.server.pid
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.server.port}${path}`
  }

  /** Path of a file of the root; a name alone is a Python module of type expansion. */
  path(file: string): string {
    return join(this.root, file.includes('/') || file.includes('.') ? file : `expansion/${file}.py`)
  }

  /** Saves a file of the root as most programs do: in place. */
  save(file: string, text: string): void {
    write(this.path(file), text)
  }

  /** Saves as editors do that want to lose nothing: beside it, then over it. */
  saveByRename(file: string, text: string): void {
    write(`${this.path(file)}.tmp`, text)
    renameSync(`${this.path(file)}.tmp`, this.path(file))
  }

  remove(file: string): void {
    rmSync(this.path(file))
  }

  /** The body of the module's answer. */
  async ask(module: string): Promise<string> {
    const response = await fetch(this.url('/query'), { method: 'POST', body: JSON.stringify({ module }), signal: AbortSignal.timeout(20_000) })
    return await response.text()
  }

  /** Waits until the module answers so. */
  async answers(module: string, value: string, ms?: number): Promise<void> {
    await eventually(async () => {
      const found = await this.ask(module)
      if (found !== answer(value)) throw new Error(`expected ${module} to answer ${answer(value)}, found ${found}`)
    }, ms)
  }

  async names(): Promise<string[]> {
    return ((await (await fetch(this.url('/modules'))).json()) as { name: string }[]).map(({ name }) => name)
  }

  async status(): Promise<Status> {
    return (await (await fetch(this.url('/api/v1/status'))).json()) as Status
  }

  /** Lines of the log about a module, since the server has started: `loaded`, `reloaded`, `no longer there`, or why it is not loaded. */
  async told(module: string): Promise<string[]> {
    const lines = (await this.log()).filter((line) => line['module'] === module && typeof line['type'] === 'string')
    return lines.map(({ msg }) => String(msg).replace(`module ${module} (type=expansion) is `, ''))
  }

  /** Lines of the log, parsed: all that were written before the call, though the pipe may be behind the answers. */
  async log(): Promise<Record<string, unknown>[]> {
    const id = randomUUID()
    await fetch(this.url('/healthcheck'), { headers: { 'X-Request-Id': id }, signal: AbortSignal.timeout(20_000) })
    await eventually(() => {
      if (!this.server.log().includes(id)) throw new Error('the log does not have the request yet')
    })
    return this.server.log().split('\n').slice(0, -1).filter((line) => line.startsWith('{') && line.endsWith('}')).map((line) => JSON.parse(line) as Record<string, unknown>)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
    for (const path of [this.folder, this.root, this.#state]) rmSync(path, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** A module that answers with the value of a Python expression. */
export function module(value: string, first = ''): string {
  return `${first}
def handler(q=False):
    return {"results": ${value}}


def introspection():
    return {"input": ["text"], "output": ["text"]}


def version():
    return {"version": "1"}
`
}

/** What such a module answers. */
export function answer(value: string): string {
  return JSON.stringify({ results: value })
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
