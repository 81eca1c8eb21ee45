import { Agent, type ClientRequest, type IncomingMessage, request as send, type RequestOptions } from 'node:http'
import { request as sendSecurely } from 'node:https'
import type { Socket } from 'node:net'
import { HttpProxyAgent } from 'http-proxy-agent'
import { HttpsProxyAgent } from 'https-proxy-agent'
import type { EgressGrant } from '../contract.ts'
import { dial } from './dial.ts'
import { EgressError } from './egress_error.ts'
import type { Hop } from './message.ts'
import { admitHost, readHost } from './policy.ts'
import { proxyFor, vetForProxy } from './proxy.ts'
import type { EgressTools } from './tools.ts'

const HEADER_BYTES = 64 << 10
const AGENT = 'misp-module-host'

/**
 * Sends one request and resolves with the response as soon as its head is there; whoever reads its body or does not want it destroys
 * it. The policy is asked first, every time. Throws EgressError, or what the network says.
 */
export async function exchange(grant: EgressGrant, hop: Hop, signal: AbortSignal, tools: EgressTools): Promise<IncomingMessage> {
  const host = readHost(hop.url.hostname)
  admitHost(grant, host)
  const secure = hop.url.protocol === 'https:'
  const port = hop.url.port === '' ? (secure ? 443 : 80) : Number(hop.url.port)
  const options: RequestOptions = {
    method: hop.method,
    host: host.text,
    port,
    path: `${hop.url.pathname}${hop.url.search}`,
    headers: toWire(hop),
    setHost: false,
    maxHeaderSize: HEADER_BYTES,
    signal,
  }
  const proxy = proxyFor(grant, hop.url, host)
  if (proxy !== undefined) {
    await vetForProxy(grant, host, signal, tools)
    return responseTo(throughProxy(proxy, secure, options, tools, signal), hop, grant.connectMs)
  }
  const socket = await dial(grant, { host, port, secure }, signal, tools)
  // The connection is there already, and speaks TLS where it has to.
  return responseTo(send({ ...options, agent: new Connected(socket) }), hop)
}

/** Hands out the one connection that was made for a request. */
class Connected extends Agent {
  readonly #socket: Socket

  constructor(socket: Socket) {
    super({ keepAlive: false })
    this.#socket = socket
  }

  override createConnection(): Socket {
    return this.#socket
  }
}

function throughProxy(proxy: string, secure: boolean, options: RequestOptions, tools: EgressTools, signal: AbortSignal): ClientRequest {
  const url = URL.parse(proxy)
  if (url === null || !/^https?:$/.test(url.protocol)) throw new EgressError('unreachable', 'expected a proxy with http: or https:; the one that is set is another')
  // The signal ends the connection to the proxy also while the request has none yet.
  const ours = { signal, keepAlive: false } as object
  if (!secure) return send({ ...options, agent: new HttpProxyAgent(url, ours) })
  const secureContext = tools.trust()
  const request = sendSecurely({
    ...options, agent: new HttpsProxyAgent(url, ours), ...(secureContext === undefined ? {} : { secureContext }),
  })
  request.once('proxyConnect', ({ statusCode, statusText }: { statusCode: number; statusText: string }) => {
    if (statusCode !== 200) request.destroy(new EgressError('unreachable', `the proxy answers ${statusCode} ${statusText} for ${options.host}`))
  })
  return request
}

function responseTo(request: ClientRequest, hop: Hop, connectMs?: number): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const late = connectMs === undefined ? undefined : setTimeout(() => {
    request.destroy(new EgressError('timeout', `no connection to ${hop.url.host} through the proxy within ${connectMs / 1000} s`))
  }, connectMs)
  request.once('socket', () => clearTimeout(late))
  request.once('response', resolve)
  request.once('upgrade', () => request.destroy(new EgressError('unreachable', `${hop.url.host} answers in another protocol`)))
  request.on('error', reject)
  request.once('close', () => {
    clearTimeout(late)
    reject(new EgressError('unreachable', `${hop.url.host} ended the connection without an answer`))
  })
  request.end(hop.body)
  return promise
}

/** The headers of a request by name, ours among them. */
function toWire({ url, method, headers, body }: Hop): Record<string, string | string[]> {
  const wire = Object.create(null) as Record<string, string | string[]>
  const length = body?.length ?? (/^(POST|PUT|PATCH)$/.test(method) ? 0 : undefined)
  Object.assign(wire, { 'host': url.host, 'accept': '*/*', 'accept-encoding': 'gzip, deflate, br', 'user-agent': AGENT })
  if (length !== undefined) wire['content-length'] = String(length)
  for (const [name, values] of Map.groupBy(headers, ([each]) => each.toLowerCase())) {
    const [first = '', ...more] = values.map(([, value]) => value)
    wire[name] = more.length === 0 ? first : [first, ...more]
  }
  return wire
}
