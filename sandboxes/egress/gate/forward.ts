import { request as send, type Agent, type IncomingMessage, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { HttpProxyAgent } from 'http-proxy-agent'
import { dial } from '../dial.ts'
import { EgressError } from '../egress_error.ts'
import { Connected } from '../exchange.ts'
import { readUrl } from '../message.ts'
import { addedHeaders, admitHost, admitMethod, admitPort, type Host, readHost } from '../policy.ts'
import { proxyFor, vetForProxy } from '../proxy.ts'
import type { EgressTools } from '../tools.ts'
import { type Passage, STATUS } from './passage.ts'

const HEADER_BYTES = 64 << 10

/**
 * Passes on one request of plain HTTP as it is, its body and its answer as they come. Redirects are not followed: the client does, and
 * comes through here again.
 */
export async function forward(passage: Passage, req: IncomingMessage, res: ServerResponse, tools: EgressTools): Promise<void> {
  passage.follow(res)
  try {
    passage.enter()
    const url = readTarget(req.url ?? '')
    const host = readHost(url.hostname)
    const port = url.port === '' ? 80 : Number(url.port)
    const { grant } = passage.visitor
    passage.towards(host.text, port)
    admitHost(grant, host)
    admitPort(grant, host, port)
    admitMethod(grant, host, req.method ?? '')
    const added = addedHeaders(grant, host)
    const agent = await connection(passage, url, host, port, tools)
    const sent = send({
      method: req.method, host: host.text, port, path: `${url.pathname}${url.search}`, agent, setHost: false, maxHeaderSize: HEADER_BYTES,
      headers: ['Host', url.host, ...endToEnd(req.rawHeaders, added.map(([name]) => name)), ...framing(req), ...added.flat()], signal: passage.signal,
    })
    const answered = responseOf(sent, host)
    const sending = pipeline(req, passage.counting('sent'), sent)
    for (const each of [answered, sending]) each.catch(() => {})
    // A host may answer before it has heard everything, and hear no more.
    const answer = await Promise.race([sending.then(() => answered), answered])
    const { 'content-length': length } = answer.headers
    res.writeHead(answer.statusCode ?? 502, answer.statusMessage, [...endToEnd(answer.rawHeaders), ...(length === undefined ? [] : ['Content-Length', length])])
    await pipeline(answer, passage.counting('received'), res, { signal: passage.signal })
    passage.end()
  } catch (thrown) {
    const { code, message } = passage.end(thrown) as EgressError
    if (res.headersSent) return void res.destroy()
    // A body that is not read any more is in the way of the next request.
    res.writeHead(STATUS[code], { 'content-type': 'text/plain; charset=utf-8', 'connection': 'close' }).end(`${message}\n`)
  }
}

function readTarget(text: string): URL {
  const url = readUrl(text)
  if (url.protocol !== 'http:') throw new EgressError('bad_request', 'expected CONNECT for https')
  return url
}

async function connection({ visitor: { grant }, signal }: Passage, url: URL, host: Host, port: number, tools: EgressTools): Promise<Agent> {
  const proxy = proxyFor(grant, url, host)
  if (proxy === undefined) return new Connected(await dial(grant, { host, port, secure: false }, signal, tools))
  await vetForProxy(grant, host, signal, tools)
  return new HttpProxyAgent(proxy, { keepAlive: false })
}

function responseOf(sent: ReturnType<typeof send>, host: Host): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  sent.once('response', resolve)
  sent.once('upgrade', () => sent.destroy(new EgressError('unreachable', `${host.text} answers in another protocol`)))
  sent.on('error', reject)
  sent.once('close', () => reject(new EgressError('unreachable', `${host.text} ended the connection without an answer`)))
  return promise
}

/**
 * How long the body is, as our own parser has understood it: never left to what a client said, or unsaid by naming it in `Connection`. A
 * body without a frame would be read as the next request, which nobody has vetted.
 */
function framing({ headers }: IncomingMessage): string[] {
  if (headers['transfer-encoding'] !== undefined) return ['Transfer-Encoding', 'chunked']
  return headers['content-length'] === undefined ? [] : ['Content-Length', headers['content-length']]
}

const HOP_BY_HOP = new Set(['connection', 'host', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'content-length'])

/** The headers that are not about this one connection or the length of the body, and that are not `others`. */
function endToEnd(raw: readonly string[], others: readonly string[] = []): string[] {
  const pairs = Array.from({ length: raw.length / 2 }, (_, at) => [raw[2 * at] ?? '', raw[2 * at + 1] ?? ''] as const)
  const named = pairs.flatMap(([name, value]) => (name.toLowerCase() === 'connection' ? value.toLowerCase().split(',').map((each) => each.trim()) : []))
  return pairs.filter(([name]) => {
    const lower = name.toLowerCase()
    return !HOP_BY_HOP.has(lower) && !lower.startsWith('proxy-') && !named.includes(lower) && !others.includes(lower)
  }).flat()
}
