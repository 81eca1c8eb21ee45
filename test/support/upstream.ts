import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

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

/** A port that nobody listens at. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function answers(port: number, exited: Promise<unknown>): Promise<void> {
  let gone = false
  void exited.then(() => { gone = true })
  const deadline = Date.now() + 45_000
  while (!gone && Date.now() < deadline) {
    const healthy = await fetch(`http://127.0.0.1:${port}/healthcheck`).then((response) => response.ok, () => false)
    if (healthy) return
    await new Promise((resolve) => { setTimeout(resolve, 50) })
  }
  throw new Error(gone ? 'it ended at once' : 'no answer within 45 s')
}
