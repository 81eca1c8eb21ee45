import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, Server as NetServer } from 'node:net'

/** A server at a free port of the loopback, gone with its scope. */
export interface Listening extends AsyncDisposable {
  readonly port: number
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  /** Connections so far. */
  readonly connections: () => number
}

export async function serve(listener: RequestListener): Promise<Listening> {
  return await listening(createServer(listener))
}

export async function listening(server: NetServer | Server, scheme = 'http'): Promise<Listening> {
  let connections = 0
  const open = new Set<{ destroy: () => void }>()
  server.on('connection', (socket) => {
    connections += 1
    open.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => open.delete(socket))
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject).listen(0, '127.0.0.1', resolve)
  await promise
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `${scheme}://127.0.0.1:${port}`,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of open) socket.destroy()
      await closed
    },
  }
}
