import { Agent, request } from 'node:http'

export interface Answer {
  readonly status: number
  readonly text: string
  /** From the first byte sent to the last one received, in milliseconds. */
  readonly ms: number
}

// One connection a request: no measure of throughput goes through here.
const agent = new Agent({ keepAlive: false })

/** One request. undefined: nobody listens, the connection broke, or no answer came within `patienceMs`. */
export function answerOf(
  port: number, method: 'GET' | 'POST', path: string, body?: string | Uint8Array, patienceMs = 60_000,
): Promise<Answer | undefined> {
  const { promise, resolve } = Promise.withResolvers<Answer | undefined>()
  const start = performance.now()
  const headers = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
  const sent = request({ port, host: '127.0.0.1', method, path, agent, headers }, (response) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('end', () => {
      resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString(), ms: performance.now() - start })
    })
    response.on('close', () => resolve(undefined))
  })
  sent.setTimeout(patienceMs, () => sent.destroy())
  sent.on('error', () => resolve(undefined))
  sent.end(body)
  return promise
}

/** `POST /query`. */
export function query(port: number, body: object, patienceMs?: number): Promise<Answer | undefined> {
  return answerOf(port, 'POST', '/query', JSON.stringify(body), patienceMs)
}
