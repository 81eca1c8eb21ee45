import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pino from 'pino'
import { onlyFind } from '../../host/ground/choose_python.ts'
import { listenAtAll } from '../../host/cli/serve_tenants.ts'
import type { Config } from '../../host/config/config.ts'
import { loadConfig } from '../../host/config/load_config.ts'
import { OPERATOR, TenantEntry } from '../../host/config/tenants.ts'
import { openGround } from '../../host/ground/ground.ts'
import type { Listening } from '../../host/http/listen.ts'
import { hashOf, newKey } from '../../host/tenants/keys.ts'
import { Tenants } from '../../host/tenants/tenants.ts'
import { eventually } from './processes.ts'
import { testPython } from './python.ts'

/** What the configuration makes of an entry that says this. */
export function tenantEntry(said: object): TenantEntry {
  return TenantEntry.parse(said)
}

export interface TenantForTest {
  /** Files of its module root, by path. */
  readonly files?: Readonly<Record<string, string>>
  /** What the configuration says of it besides its key, its root and a port of its own. */
  readonly entry?: object
}

export interface TenantsOptions {
  readonly tenants: Readonly<Record<string, TenantForTest>>
  /** The rest of the configuration file. */
  readonly config?: Readonly<Record<string, unknown>>
  /** Files of the operator's own root. */
  readonly files?: Readonly<Record<string, string>>
  /** Tenants that are not waited for. */
  readonly slow?: readonly string[]
}

/** Modules, keys and a configuration file for tenants, in a folder that goes with it. */
export class TenantFiles implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'tenants-'))
  readonly configFile = join(this.folder, 'config.json')
  readonly keys = new Map<string, string>()

  constructor(options: TenantsOptions) {
    chmodSync(this.folder, 0o755)
    this.write(options)
  }

  /** Writes the configuration file, and what of the folders is not there yet. */
  write(options: TenantsOptions): void {
    for (const [name, { files: own = {} }] of Object.entries({ ...options.tenants, [OPERATOR]: { files: options.files } })) {
      if (!this.keys.has(name)) this.keys.set(name, newKey())
      mkdirSync(this.root(name), { recursive: true })
      for (const [path, text] of Object.entries(own)) this.save(name, path, text)
    }
    this.say(options)
  }

  /** Writes the configuration file alone. */
  say({ tenants, config = {} }: TenantsOptions): void {
    const entries = Object.entries(tenants).map(([name, { entry }]) => [name, { keys: [this.hash(name)], roots: [name], listen: { port: 0 }, ...entry }] as const)
    this.configure({ roots: { modules: [OPERATOR] }, ...config, tenants: Object.fromEntries(entries), operator: { keys: [this.hash(OPERATOR)] } })
  }

  root(name: string): string {
    return join(this.folder, name)
  }

  save(name: string, path: string, text: string): void {
    const file = join(this.root(name), path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    if (text.startsWith('#!')) chmodSync(file, 0o755)
  }

  configure(config: object): void {
    writeFileSync(this.configFile, JSON.stringify(config))
  }

  key(name: string): string {
    const key = this.keys.get(name)
    if (key === undefined) throw new Error(`expected a tenant of this test, found ${name}`)
    return key
  }

  hash(name: string): string {
    return hashOf(this.key(name))
  }

  basic(name: string): string {
    return `Basic ${Buffer.from(`${name}:${this.key(name)}`).toString('base64')}`
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/**
 * Several tenants in this process: everything that `serve` is made of, but for the one rule that lets two be served under the strict
 * profile alone.
 */
export class TenantsHost implements AsyncDisposable {
  readonly files: TenantFiles
  readonly tenants: Tenants
  /** The lines of the log, parsed. */
  readonly lines: Record<string, unknown>[]
  readonly #ports: Map<string, number>
  readonly #load: () => Config
  readonly #close: () => Promise<void>

  private constructor(parts: Pick<TenantsHost, 'files' | 'tenants' | 'lines'> & { ports: Map<string, number>; load: () => Config; close: () => Promise<void> }) {
    this.files = parts.files
    this.tenants = parts.tenants
    this.lines = parts.lines
    this.#ports = parts.ports
    this.#load = parts.load
    this.#close = parts.close
  }

  static async start(options: TenantsOptions): Promise<TenantsHost> {
    const files = new TenantFiles(options)
    const state = join(files.folder, 'state')
    const environment = { PATH: process.env['PATH'] }
    const load = (): Config => loadConfig({ flags: { state, profile: 'trusted', python: testPython(), port: '0', listen: '127.0.0.1' }, environment, file: files.configFile })
    const config = load()
    const lines: Record<string, unknown>[] = []
    const log = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) })
    const ground = await openGround({ config, environment, log, choose: onlyFind(config) })
    const ending = new AbortController()
    const tenants = new Tenants({ config, ground, log, ending: ending.signal })
    const listening: Listening[] = []
    const close = async (): Promise<void> => {
      ending.abort()
      await Promise.all([tenants.destroy(), ...listening.map((each) => each.close(0))])
      files[Symbol.dispose]()
    }
    try {
      const enter = await tenants.open()
      await tenants.start()
      await listenAtAll(config, enter, log, listening)
      await ready(tenants, options)
    } catch (error) {
      await close()
      throw error
    }
    const own = Object.entries(config.tenants).filter(([, { listen }]) => listen !== undefined)
    const ports = new Map([[ALL, listening[0]!.port], ...own.map(([name], at) => [name, listening[at + 1]!.port] as const)])
    return new TenantsHost({ files, tenants, lines, ports, load, close })
  }

  /** An address at everybody's port, or at that of one tenant. */
  url(path: string, at = ALL): string {
    return `http://127.0.0.1:${this.#ports.get(at)}${path}`
  }

  /** As somebody, at everybody's port. */
  async get(name: string, path: string): Promise<Answered> {
    return await answered(await fetch(this.url(path), { headers: { authorization: this.files.basic(name) } }))
  }

  /** Asks a module as MISP does. */
  async ask(name: string, module: string, body: object = {}): Promise<string> {
    const { body: text } = await this.post(name, '/query', { module, ...body })
    return text
  }

  async post(name: string, path: string, body: object): Promise<Answered> {
    const headers = { 'authorization': this.files.basic(name), 'content-type': 'application/json' }
    return await answered(await fetch(this.url(path), { method: 'POST', body: JSON.stringify(body), headers }))
  }

  /** What SIGHUP does when the file says this, with the folders that it names. */
  async reconfigure(options: TenantsOptions): Promise<void> {
    this.files.write(options)
    await this.renew()
    await ready(this.tenants, options)
  }

  /** What SIGHUP does with the file as it is. */
  async renew(): Promise<void> {
    await this.tenants.renew(this.#load())
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close()
  }
}

const ALL = ''
/** The host itself waits for some seconds, and then serves those that are ready: on a busy machine a test has to wait longer. */
const READY_WITHIN_MS = 90_000

async function ready({ all }: Tenants, { slow = [] }: TenantsOptions): Promise<void> {
  await eventually(() => {
    const waiting = all.filter(({ name, handle }) => handle === undefined && !slow.includes(name))
    if (waiting.length > 0) throw new Error(`expected all tenants to be served, found these being loaded: ${waiting.map(({ name }) => name).join(', ')}`)
  }, READY_WITHIN_MS)
}

async function answered(response: Response): Promise<Answered> {
  return { status: response.status, headers: response.headers, body: await response.text() }
}

/** A module in Python whose handler answers what this expression gives; `query` is what it was asked. */
export function pythonModule(expression: string, before = ''): string {
  return `import json, os, sys, time
${before}
mispattributes = {'input': ['text'], 'output': ['text']}


def handler(q=False):
    query = json.loads(q)
    return {'results': ${expression}}


def introspection():
    return mispattributes


def version():
    return {'version': '1', 'author': 'A', 'description': 'D', 'module-type': ['expansion']}
`
}
