import { request as connectThrough } from 'node:http'
import { request as connectSecurelyThrough } from 'node:https'
import type { Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { getExtensionData, readTlsClientHello } from 'read-tls-client-hello'
import { dial } from '../dial.ts'
import { unlessAborted } from '../unless_aborted.ts'
import { EgressError } from '../egress_error.ts'
import { admitHost, admitPort, type Host, readHost } from '../policy.ts'
import { proxyFor, vetForProxy } from '../proxy.ts'
import type { EgressTools } from '../tools.ts'
import { STATUS, type Passage } from './passage.ts'

/**
 * Carries a connection of TLS to the host that a CONNECT names. What is inside is the module's and the host's business, but it has to be
 * TLS, and for that host: the name in its first message is compared.
 */
export async function tunnel(passage: Passage, authority: string, client: Socket, head: Buffer, tools: EgressTools): Promise<void> {
  let open = false
  passage.follow(client)
  try {
    passage.enter()
    const { host, port } = readAuthority(authority)
    passage.towards(host.text, port)
    const server = await reach(passage, host, port, tools)
    try {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      open = true
      if (head.length > 0) client.unshift(head)
      await checkHello(passage, client, host)
      await Promise.all([
        pipeline(client, passage.counting('sent'), server, { signal: passage.signal }),
        pipeline(server, passage.counting('received'), client, { signal: passage.signal }),
      ])
    } finally {
      server.destroy()
    }
    passage.end()
  } catch (thrown) {
    const { code, message } = passage.end(thrown) as EgressError
    // In the status line, which is what clients show.
    if (!open && !client.destroyed) client.end(`HTTP/1.1 ${STATUS[code]} ${message.replace(/[^\x20-\x7e]/g, '?')}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
  } finally {
    // What is left to be written of a refusal is written; a tunnel is over.
    if (open) client.destroy()
  }
}

/** `name:port`, `address:port` or `[address]:port`, and nothing that somebody else might read in another way. */
function readAuthority(text: string): { host: Host; port: number } {
  const [, host, port] = /^(\[[^\]]+\]|[^\s:@/?#[\]]+):(\d{1,5})$/.exec(text) ?? []
  if (host === undefined || Number(port) > 65_535) throw new EgressError('bad_request', `expected CONNECT to a host and port, found ${JSON.stringify(text.slice(0, 300))}`)
  return { host: readHost(host), port: Number(port) }
}

async function reach({ visitor: { grant }, signal }: Passage, host: Host, port: number, tools: EgressTools): Promise<Socket> {
  admitHost(grant, host)
  admitPort(grant, host, port)
  const proxy = proxyFor(grant, new URL(`https://${host.text.includes(':') ? `[${host.text}]` : host.text}:${port}`), host)
  if (proxy === undefined) return await dial(grant, { host, port, secure: false }, signal, tools)
  await vetForProxy(grant, host, signal, tools)
  return await unlessAborted(throughProxy(new URL(proxy), `${host.text}:${port}`, signal), AbortSignal.any([signal, AbortSignal.timeout(grant.connectMs)]))
}

/** A connection that the operator's own proxy makes. */
function throughProxy(proxy: URL, authority: string, signal: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const credentials = proxy.username === '' ? undefined : Buffer.from(`${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`).toString('base64')
  const asking = (proxy.protocol === 'https:' ? connectSecurelyThrough : connectThrough)({
    host: proxy.hostname, port: proxy.port, method: 'CONNECT', path: authority, signal, agent: false,
    headers: { host: authority, ...(credentials !== undefined && { 'proxy-authorization': `Basic ${credentials}` }) },
  })
  asking.once('connect', ({ statusCode }, socket) => {
    if (statusCode === 200) return resolve(socket as Socket)
    socket.destroy()
    reject(new EgressError('unreachable', `the proxy answers ${statusCode} for ${authority}`))
  })
  asking.once('response', (response) => {
    response.destroy()
    reject(new EgressError('unreachable', `the proxy answers ${response.statusCode} for ${authority}`))
  })
  asking.on('error', reject)
  asking.end()
  return promise
}

/** Without a name only an address can be meant. */
async function checkHello({ visitor: { grant }, signal }: Passage, client: Socket, host: Host): Promise<void> {
  const late = AbortSignal.timeout(grant.connectMs)
  const left = new AbortController()
  const leave = (): void => left.abort()
  client.once('end', leave)
  const hello = await unlessAborted(readTlsClientHello(client), AbortSignal.any([signal, late, left.signal])).catch((error: unknown) => {
    if (signal.aborted) throw error
    if (left.signal.aborted) throw new EgressError('aborted', `the module left the tunnel to ${host.text} before it said anything`)
    if (late.aborted) throw new EgressError('timeout', `the tunnel to ${host.text} was opened and nothing was said in it`)
    throw new EgressError('denied', `a tunnel is for TLS, and what the module sends to ${host.text} is not`)
  })
  client.off('end', leave)
  const name = getExtensionData(hello, 'sni')?.serverName
  if (name === undefined && host.isAddress) return
  if (name?.toLowerCase().replace(/\.$/, '') === host.text) return
  throw new EgressError('denied', name === undefined
    ? `the module asks ${host.text} for no name in TLS, which has to be the one of the tunnel`
    : `the module asks for ${JSON.stringify(name.slice(0, 253))} in a tunnel to ${host.text}`)
}
