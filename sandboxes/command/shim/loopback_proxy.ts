import { connect, createServer, type AddressInfo } from 'node:net'

const MOST_CONNECTIONS = 256

/**
 * A proxy on the cell's own loopback that carries each connection to the door as it is: programs know a proxy by an address, not by a
 * socket in a folder. Resolves with the environment variables that lead there.
 */
export async function loopbackProxy(door: string): Promise<Readonly<Record<string, string>>> {
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const carried = connect({ path: door, allowHalfOpen: true })
    client.on('error', () => carried.destroy())
    carried.on('error', () => client.destroy())
    client.pipe(carried)
    carried.pipe(client)
  })
  server.maxConnections = MOST_CONNECTIONS
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject).listen(0, '127.0.0.1', resolve)
  await promise
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return Object.fromEntries(['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'].map((name) => [name, url]))
}
