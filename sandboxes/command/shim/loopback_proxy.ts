import { connect, createServer, type AddressInfo } from 'node:net'
import { Transform } from 'node:stream'
import { sayQuery } from '../../egress/of_query.ts'

const MOST_CONNECTIONS = 256
/** Of the first line of a request; what is longer is none. */
const LINE_BYTES = 64 << 10

/**
 * A proxy on the cell's own loopback that carries each connection to the door: programs know a proxy by an address, not by a socket in a
 * folder. It says of each connection which query it is of, and carries what else there is as it is. Resolves with the environment
 * variables that lead there.
 */
export async function loopbackProxy(door: string, query: () => string | undefined): Promise<Readonly<Record<string, string>>> {
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const carried = connect({ path: door, allowHalfOpen: true })
    client.on('error', () => carried.destroy())
    carried.on('error', () => client.destroy())
    client.pipe(saying(query)).pipe(carried)
    carried.pipe(client)
  })
  server.maxConnections = MOST_CONNECTIONS
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject).listen(0, '127.0.0.1', resolve)
  await promise
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return Object.fromEntries(['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'].map((name) => [name, url]))
}

/** Puts a header behind the first line: the door takes it for all requests of a connection. */
function saying(query: () => string | undefined): Transform {
  let line: Buffer | undefined = Buffer.alloc(0)
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (line === undefined) return done(null, chunk)
      line = Buffer.concat([line, chunk])
      const end = line.indexOf('\r\n') + 2
      if (end < 2 && line.length < LINE_BYTES) return done()
      const [first, said] = [line, query()]
      line = undefined
      if (end < 2 || said === undefined) return done(null, first)
      done(null, Buffer.concat([first.subarray(0, end), Buffer.from(`Proxy-Authorization: ${sayQuery(said)}\r\n`), first.subarray(end)]))
    },
    flush(done) {
      done(null, line)
    },
  })
}
