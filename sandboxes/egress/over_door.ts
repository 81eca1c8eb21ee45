import { request, type OutgoingHttpHeaders } from 'node:http'
import { callableOff } from './calling_off.ts'
import type { EgressCalls } from './calls.ts'
import { EgressError, type EgressCode } from './egress_error.ts'
import type { EgressResponse } from './message.ts'
import { sayQuery } from './of_query.ts'

/** Of an answer: a response's body is in it, as JSON text. */
const ANSWER_BYTES = 512 << 20

/**
 * The calls that a grant allows, made by the egress process: for a runner that cannot connect to anything but its door. What ends a call
 * ends its connection, which is how the other side hears of it. `query`: the one that they are told of as.
 */
export function egressCallsOver(path: string, query?: string): EgressCalls {
  const door: Door = { path, headers: query === undefined ? {} : { 'proxy-authorization': sayQuery(query) } }
  const fetch = callableOff(async (request: object, signal) => await ask(door, '/fetch', request, signal) as EgressResponse)
  return {
    fetch: (argument, signal) => fetch(argument as object ?? {}, signal),
    dns: (argument, signal) => ask(door, '/dns', argument, signal),
  }
}

interface Door {
  readonly path: string
  /** What is said there besides each question. */
  readonly headers: OutgoingHttpHeaders
}

async function ask(door: Door, question: '/fetch' | '/dns', argument: unknown, signal: AbortSignal): Promise<unknown> {
  let text: string
  try {
    text = await post(door, question, JSON.stringify(argument), signal)
  } catch (cause) {
    if (signal.aborted) throw new EgressError('aborted', 'the request was called off', { cause })
    if (cause instanceof EgressError) throw cause
    throw new EgressError('unreachable', 'the way out of the sandbox is closed', { cause })
  }
  const said = JSON.parse(text) as { ok?: unknown; err?: string; code?: EgressCode }
  if (said.err !== undefined) throw new EgressError(said.code ?? 'unreachable', said.err)
  return said.ok
}

function post({ path: socketPath, headers }: Door, path: string, body: string, signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const asking = request({ socketPath, path, method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, signal, agent: false }, (response) => {
    const chunks: Buffer[] = []
    let bytes = 0
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > ANSWER_BYTES) return void asking.destroy(new EgressError('too_large', 'the response is too large to pass on'))
      chunks.push(chunk)
    })
    response.on('end', () => (response.statusCode === 200 ? resolve(Buffer.concat(chunks).toString()) : reject(new Error(`status ${response.statusCode}`))))
    response.on('error', reject)
  })
  asking.on('error', reject)
  asking.end(body)
  return promise
}
