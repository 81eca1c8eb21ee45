import { chmod, mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../support/upstream.ts'
import type { Child, Children } from './children.ts'
import { answerOf } from './request.ts'

const MAIN = fileURLToPath(new URL('../../host/main.js', import.meta.url))
export const MODULES = fileURLToPath(new URL('../fixtures/bench', import.meta.url))
/** Modules in TypeScript, which upstream is not told of. */
export const TYPESCRIPT_MODULES = fileURLToPath(new URL('../fixtures/bench_typescript', import.meta.url))
const ECHO = fileURLToPath(new URL('echo.ts', import.meta.url))
const PROVIDER = fileURLToPath(new URL('provider.ts', import.meta.url))
const READY_WITHIN_MS = 60_000

export interface Server extends AsyncDisposable {
  readonly name: string
  readonly port: number
  readonly pid: number
  log(): string
}

export interface OurOptions {
  /** A state folder to use again. */
  readonly state?: string
  /** What goes into the file that `--config` names. */
  readonly config?: object
  /** A file that is there. */
  readonly configFile?: string
  /** A root of modules, instead of those that come with the host. */
  readonly modules?: string
}

/** The upstream server, its log in a file. It is killed in the end, because it would wait for handlers that still run. */
export async function startUpstream(children: Children, python: string): Promise<Server> {
  return await ready(await launchUpstream(children, python))
}

/** As `startUpstream`, without waiting. */
export async function launchUpstream(children: Children, python: string): Promise<Server> {
  const port = await freePort()
  const args = ['-m', 'misp_modules', '-p', String(port), '-l', '127.0.0.1', '-c', MODULES]
  return server('upstream', port, children.start(python, args, { cwd: children.folder, endWith: 'SIGKILL' }))
}

/** Our server, its log in a file. */
export async function startOurs(children: Children, python: string, options: OurOptions = {}): Promise<Server> {
  return await ready(await launchOurs(children, python, options))
}

/** As `startOurs`, without waiting. */
export async function launchOurs(children: Children, python: string, options: OurOptions = {}): Promise<Server> {
  const port = await freePort()
  const state = options.state ?? (await newState(children))
  const args = [MAIN, 'serve', '-p', String(port), '-l', '127.0.0.1', '--python', python, '--state', state, '-c', MODULES,
    // Upstream has none of those that come with the host.
    '--modules', options.modules ?? '', '--log-format', 'json']
  if (options.config !== undefined) {
    const file = join(state, 'bench.json')
    await writeFile(file, JSON.stringify(options.config))
    args.push('--config', file)
  }
  if (options.configFile !== undefined) args.push('--config', options.configFile)
  return server('ours', port, children.start(process.execPath, args, { cwd: children.folder }))
}

/** An empty state folder, which goes with the folder of the run. */
export async function newState(children: Children): Promise<string> {
  const state = await mkdtemp(join(children.folder, 'state-'))
  // As a state folder is: the account that runs modules gets through.
  for (const folder of [children.folder, state]) await chmod(folder, 0o755)
  return state
}

export async function startEcho(children: Children): Promise<Server> {
  const port = await freePort()
  return await ready(server('bare echo', port, children.start(process.execPath, [ECHO, String(port)])))
}

/** The loopback HTTP provider. */
export async function startProvider(children: Children): Promise<Server> {
  const port = await freePort()
  return await ready(server('provider', port, children.start(process.execPath, [PROVIDER, String(port)])))
}

function server(name: string, port: number, child: Child): Server {
  return { name, port, pid: child.pid, log: () => child.log(), [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() }
}

/** Waits until a server answers on /healthcheck. */
async function ready(started: Server): Promise<Server> {
  const end = performance.now() + READY_WITHIN_MS
  while (performance.now() < end) {
    if ((await answerOf(started.port, 'GET', '/healthcheck'))?.status === 200) return started
    if (!alive(started.pid)) break
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const log = started.log()
  await started[Symbol.asyncDispose]()
  throw new Error(`${started.name} did not start; the end of its log: ${log.slice(-1500)}`)
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
