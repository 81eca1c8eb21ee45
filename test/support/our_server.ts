import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { keepDescribed, takeDescribed } from './described.ts'
import { testPython } from './python.ts'

const MAIN = fileURLToPath(new URL('../../host/main.js', import.meta.url))
const READY_WITHIN_MS = 90_000

export interface OurServer extends AsyncDisposable {
  readonly port: number
  readonly pid: number
  /** Everything logged so far, one JSON line each. */
  log(): string
  /** The exit status once the server has ended by itself or by a signal. */
  readonly exited: Promise<number | null>
}

export interface OurServerOptions {
  /** A root of custom modules, as `-c`. */
  readonly custom?: string
  /** More arguments for `serve`. Without `--modules` there are upstream's modules and `custom`, and not those that come with the host. */
  readonly args?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  /**
   * A state folder to use again. Without one the server gets a new one, which goes when the server does, and in which
   * upstream's modules are described already where an earlier server of these tests has done that.
   */
  readonly state?: string
  /** Describe every module, whatever earlier servers have done. */
  readonly cold?: boolean
}

/** Starts our server on a free loopback port, with the interpreter of MISP_TEST_PYTHON, and waits until it has started. */
export async function startServer(options: OurServerOptions = {}): Promise<OurServer> {
  const python = testPython()
  const state = options.state ?? (await newState(options))
  const child = spawn(process.execPath, [
    MAIN, 'serve', '-p', '0', '-l', '127.0.0.1', '--python', python, '--state', state, '--log-format', 'json',
    ...(options.custom === undefined ? [] : ['-c', options.custom]), ...(options.args?.includes('--modules') === true ? [] : ['--modules', '']),
    ...(options.args ?? []),
  ], { stdio: ['ignore', 'pipe', 'pipe'], cwd: options.cwd, env: options.env })
  let log = ''
  const port = new Promise<number>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        log += text
        const found = startedOn(log)
        if (found !== undefined) resolve(found)
      })
    }
  })
  const exited = once(child, 'exit').then(([status]) => status as number | null)
  const dispose = async () => {
    child.kill('SIGTERM')
    const reluctant = setTimeout(() => child.kill('SIGKILL'), 5000)
    await exited
    clearTimeout(reluctant)
    if (options.custom === undefined && options.args === undefined) await keepDescribed(state)
    if (options.state === undefined) await rm(state, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    const found = await Promise.race([port, endedEarly(exited), tooLate()])
    return { port: found, pid: child.pid ?? 0, log: () => log, exited, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw new Error(`our server did not start: ${(error as Error).message}\n${log.slice(-4000)}`)
  }
}

/** A new state folder, which goes with nobody. */
export async function newState({ cold = false }: Pick<OurServerOptions, 'cold'> = {}): Promise<string> {
  const state = await mkdtemp(join(tmpdir(), 'our-server-'))
  // As a state folder is: the account that runs modules gets through.
  await chmod(state, 0o755)
  if (!cold) await takeDescribed(state)
  return state
}

/** The port in the log line that says that the server has started. */
export function startedOn(log: string): number | undefined {
  const line = log.split('\n').find((text) => text.includes('server started on') && text.endsWith('}'))
  const port = line === undefined ? undefined : /"port":(\d+)/.exec(line)?.[1]
  return port === undefined ? undefined : Number(port)
}

async function endedEarly(exited: Promise<number | null>): Promise<never> {
  throw new Error(`it ended with status ${await exited}`)
}

function tooLate(): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error(`it was not ready within ${READY_WITHIN_MS / 1000} s`)), READY_WITHIN_MS).unref()
  })
}
