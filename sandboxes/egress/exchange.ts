import { Agent, type ClientRequest, type IncomingMessage, request as send, type RequestOptions } from 'node:http'
import { request as sendSecurely } from 'node:https'
import type { Socket } from 'node:net'
import { HttpProxyAgent } from 'http-proxy-agent'
import { HttpsProxyAgent } from 'https-proxy-agent'
import type { EgressGrant } from '../contract.ts'
import { dial } from './dial.ts'
import { unlessAborted } from './unless_aborted.ts'
import { EgressError } from './egress_error.ts'
import type { Hop } from './message.ts'
import { addedHeaders, admitHost, admitMethod, admitPort, readHost } from './policy.ts'
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
  const secure = hop.url.protocol === 'https:'
  const port = hop.url.port === '' ? (secure ? 443 : 80) : Number(hop.url.port)
  tools.asked?.({ host: host.text, port })
  admitHost(grant, host)
  admitPort(grant, host, port)
  admitMethod(grant, host, hop.method)
  const options: RequestOptions = {
    method: hop.method,
    host: host.text,
    port,
    path: `${hop.url.pathname}${hop.url.search}`,
    headers: { ...toWire(hop), ...Object.fromEntries(addedHeaders(grant, host)) },
    setHost: false,
    maxHeaderSize: HEADER_BYTES,
    signal,
  }
  const proxy = proxyFor(grant, hop.url, host)
  if (proxy !== undefined) {
    await vetForProxy(grant, host, signal, tools)
    return await throughProxy(proxy, { hop, options, grant, tools, signal })
  }
  const socket = await dial(grant, { host, port, secure }, signal, tools)
  // The connection is there already, and speaks TLS where it has to.
  return responseTo(send({ ...options, agent: new Connected(socket) }), hop)
}

/** Hands out the one connection that was made for a request. */
export class Connected extends Agent {
  readonly #socket: Socket

  constructor(socket: Socket) {
    super({ keepAlive: false })
    this.#socket = socket
  }

  override createConnection(): Socket {
    return this.#socket
  }
}

interface Proxied {
  readonly hop: Hop
  readonly options: RequestOptions
  readonly grant: EgressGrant
  readonly tools: EgressTools
  readonly signal: AbortSignal
}

async function throughProxy(proxy: string, { hop, options, grant, tools, signal }: Proxied): Promise<IncomingMessage> {
  const url = URL.parse(proxy)
  if (url === null || !/^https?:$/.test(url.protocol)) throw new EgressError('unreachable', 'expected a proxy with http: or https:; the one that is set is another')
  // A request that has no connection yet cannot be destroyed: a signal ends the connection to the proxy in any case.
  const late = new AbortController()
  const ours = { signal: AbortSignal.any([signal, late.signal]), keepAlive: false } as object
  const request = hop.url.protocol === 'https:' ? securely(new HttpsProxyAgent(url, ours), options, tools) : send({ ...options, agent: new HttpProxyAgent(url, ours) })
  const timer = setTimeout(() => {
    late.abort(new EgressError('timeout', `no connection to ${hop.url.host} through the proxy within ${grant.connectMs / 1000} s`))
  }, grant.connectMs)
  request.once('socket', () => clearTimeout(timer))
  try {
    return await unlessAborted(responseTo(request, hop), late.signal)
  } finally {
    clearTimeout(timer)
  }
}

function securely(agent: HttpsProxyAgent<string>, options: RequestOptions, tools: EgressTools): ClientRequest {
  const secureContext = tools.trust()
  const request = sendSecurely({ ...options, agent, ...(secureContext === undefined ? {} : { secureContext }) })
  request.once('proxyConnect', ({ statusCode, statusText }: { statusCode: number; statusText: string }) => {
    if (statusCode !== 200) request.destroy(new EgressError('unreachable', `the proxy answers ${statusCode} ${statusText} for ${options.host}`))
  })
  return request
}

function responseTo(request: ClientRequest, hop: Hop): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  request.once('response', resolve)
  request.once('upgrade', () => request.destroy(new EgressError('unreachable', `${hop.url.host} answers in another protocol`)))
  request.on('error', reject)
  request.once('close', () => reject(new EgressError('unreachable', `${hop.url.host} ended the connection without an answer`)))
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
