import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Agreement } from '../compat/offline_case.ts'
import { comparable, firstDifference } from './agreement.ts'
import { startUpstream } from './upstream.ts'

export interface Answer {
  readonly status: number
  readonly body: Buffer
}

/** A server that listens on loopback until it is disposed of. */
export interface Listening extends AsyncDisposable {
  readonly port: number
}

export interface StartOptions {
  /** A root of custom modules, as `-c`. */
  readonly custom?: string
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
}

/** The real upstream server and ours, with the same modules, environment and a working directory of their own. */
export interface ServerPair extends AsyncDisposable {
  readonly upstream: number
  readonly ours: number
  /** Sends one body to both; returns both answers and, if they do not agree, where. */
  ask(body: object | Uint8Array, agreement?: Agreement): Promise<Compared>
  /** The same upstream server, and another of ours beside the first; both end with this pair. */
  beside(start: (options: StartOptions) => Promise<Listening>): Promise<Pick<ServerPair, 'ours' | 'ask'>>
}

export interface Compared {
  readonly upstream: Answer
  readonly ours: Answer
  readonly difference: string | undefined
}

/** A liveness bound for starting both, on a machine that is busy with other tests. */
export const PAIR_STARTS_WITHIN_MS = 240_000

/** Starts upstream, then ours by the function given. What was started is ended when the other one does not start. */
export async function startPair(start: (options: StartOptions) => Promise<Listening>, custom?: string): Promise<ServerPair> {
  await using opened = new AsyncDisposableStack()
  const cwd = await mkdtemp(join(tmpdir(), 'server-pair-'))
  opened.defer(() => rm(cwd, { recursive: true, force: true }))
  const options = { cwd, env: offline(process.env), ...(custom === undefined ? {} : { custom }) }
  const upstream = opened.use(await startUpstream(options)).port
  const ours = opened.use(await start(options)).port
  const running = opened.move()
  return {
    upstream,
    ours,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
    ask: asking(upstream, ours),
    async beside(another) {
      const { port } = running.use(await another(options))
      return { ours: port, ask: asking(upstream, port) }
    },
  }
}

function asking(upstream: number, ours: number): ServerPair['ask'] {
  return async (body, agreement = 'same') => {
    const [theirs, own] = await Promise.all([post(upstream, body), post(ours, body)])
    return { upstream: theirs, ours: own, difference: disagreement(theirs, own, agreement) }
  }
}

export async function post(port: number, body: object | Uint8Array): Promise<Answer> {
  const bytes = body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body)
  const response = await fetch(`http://127.0.0.1:${port}/query`, { method: 'POST', body: bytes })
  return { status: response.status, body: Buffer.from(await response.arrayBuffer()) }
}

/** Where two answers part, readable; `undefined` when they agree. */
export function disagreement(upstream: Answer, ours: Answer, agreement: Agreement): string | undefined {
  if (upstream.status !== ours.status) return `status: upstream ${upstream.status}, ours ${ours.status}: ${ours.body.toString()}`
  return firstDifference(comparable(upstream.body, agreement), comparable(ours.body, agreement))
}

const LOOPBACK = '127.0.0.1'

/** A proxy that refuses every connection but to loopback: what modules ask the network for fails at once, on every machine. */
function offline(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const refusing = 'http://127.0.0.1:9'
  return {
    ...environment,
    http_proxy: refusing, https_proxy: refusing, HTTP_PROXY: refusing, HTTPS_PROXY: refusing, no_proxy: LOOPBACK, NO_PROXY: LOOPBACK,
  }
}
