import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What is answered to one path, its query included: a status with a body as it is, or a value as JSON. */
export type Route = { readonly status: number; readonly body: string; readonly headers?: Record<string, string> } | { readonly json: unknown }

export interface Seen {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface LoopbackProvider extends AsyncDisposable {
  readonly url: string
  /** Every request so far. */
  readonly seen: readonly Seen[]
}

/** A service on a loopback port that stands for one on the internet; what has no route is not found. */
export async function startProvider(routes: Readonly<Record<string, Route>>): Promise<LoopbackProvider> {
  const seen: Seen[] = []
  const server = createServer((request, response) => void answer(request, response))
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = Buffer.concat(await request.toArray()).toString()
    const { method = '', url: path = '', headers } = request
    seen.push({ method, path, headers, body })
    const route = routes[path] ?? { status: 404, body: '{"message":"not found"}' }
    if ('json' in route) response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(route.json))
    else response.writeHead(route.status, route.headers).end(route.body)
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
