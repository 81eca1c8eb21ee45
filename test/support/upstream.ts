import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'

/** A liveness bound: it imports every module before it answers. */
const ANSWERS_WITHIN_MS = 90_000

export interface Upstream extends AsyncDisposable {
  readonly port: number
  /** What the server has written to its log so far. */
  log(): string
}

export interface UpstreamOptions {
  /** A folder of custom modules, as `-c`. */
  readonly custom?: string
  /** Where modules that write into the working directory do so; the current one when missing. */
  readonly cwd?: string
  /** Instead of this process's environment. */
  readonly env?: NodeJS.ProcessEnv
}

/**
 * Starts the real upstream server from the interpreter named in MISP_TEST_PYTHON and waits until it answers. Disposing
 * kills it, because it would wait for handlers that still run.
 */
export async function startUpstream({ custom, cwd, env }: UpstreamOptions = {}): Promise<Upstream> {
  const port = await freePort()
  const args = ['-m', 'misp_modules', '-p', String(port), '-l', '127.0.0.1', ...(custom === undefined ? [] : ['-c', custom])]
  const child = spawn(upstreamPython(), args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => { log += text })
  const exited = once(child, 'exit')
  const upstream: Upstream = {
    port,
    log: () => log,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exited
    },
  }
  try {
    await answers(port, exited)
  } catch (error) {
    await upstream[Symbol.asyncDispose]()
    throw new Error(`the upstream server did not start: ${log.slice(-2000)}`, { cause: error })
  }
  return upstream
}

/** The interpreter of an environment with misp-modules and all its extras. */
export function upstreamPython(): string {
  const python = process.env['MISP_TEST_PYTHON']
  if (python === undefined || python === '') {
    throw new Error('expected MISP_TEST_PYTHON to name a Python interpreter that has misp-modules[all] installed; it is not set')
  }
  return python
}

/**
 * A port that nobody listens at, for a server that binds it seconds later: none of those that the kernel chooses from, for connections
 * and for whoever asks for any port, as every other test does meanwhile.
 */
export async function freePort(): Promise<number> {
  const [lowest = 0, highest = 0] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/).map(Number)
  const ports = Array.from({ length: 45_000 }, (_, at) => 20_000 + at)
  const others = ports.filter((port) => port < lowest || port > highest)
  for (;;) {
    // Where the kernel chooses from all of them, from all of them.
    const from = others.length > 0 ? others : ports
    const port = from[randomInt(from.length)] as number
    if (await isFree(port)) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  const isOurs = await once(server, 'listening').then(() => true, () => false)
  if (isOurs) await new Promise((resolve) => server.close(resolve))
  return isOurs
}

async function answers(port: number, exited: Promise<unknown>): Promise<void> {
  let gone = false
  void exited.then(() => { gone = true })
  const deadline = Date.now() + ANSWERS_WITHIN_MS
  while (!gone && Date.now() < deadline) {
    const healthy = await fetch(`http://127.0.0.1:${port}/healthcheck`).then((response) => response.ok, () => false)
    if (healthy) return
    await new Promise((resolve) => { setTimeout(resolve, 50) })
  }
  throw new Error(gone ? 'it ended at once' : `no answer within ${ANSWERS_WITHIN_MS / 1000} s`)
}
