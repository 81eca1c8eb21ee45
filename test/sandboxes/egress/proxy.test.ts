import { createServer, type IncomingMessage, request as send } from 'node:http'
import { createServer as createSecure } from 'node:https'
import { connect, createServer as createPlain, type Socket } from 'node:net'
import { afterAll, describe, it } from 'vitest'
import type { EgressGrant } from '../../../sandboxes/contract.ts'
import { egressTools } from '../../../sandboxes/egress/tools.ts'
import { ANY_PUBLIC } from '../../../sandboxes/egress/grant.ts'
import { certificates } from './certificates.ts'
import { ask, failureOf, LOOPBACK } from './grants.ts'
import { a, nameServer } from './name_server.ts'
import { type Listening, listening, serve } from './servers.ts'

const authority = certificates()
afterAll(() => authority[Symbol.dispose]())

interface Proxy extends Listening {
  /** Targets as they were asked for, with the credentials. */
  readonly asked: readonly string[]
}

/** A proxy that knows no names: whatever it is asked for is at `port` of the loopback. */
async function proxyTo(port: number): Promise<Proxy> {
  const asked: string[] = []
  const note = ({ method, url, headers }: IncomingMessage) => asked.push([method, url, headers['proxy-authorization']].filter(Boolean).join(' '))
  const server = createServer((request, response) => {
    note(request)
    request.pipe(send({ host: '127.0.0.1', port, method: request.method, path: new URL(request.url ?? '').pathname, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers)
      answer.pipe(response)
    }))
  })
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    note(request)
    if (request.url?.startsWith('forbidden.example')) return socket.end('HTTP/1.1 403 No\r\n\r\n')
    const there = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      there.pipe(socket).pipe(there)
    })
    there.on('error', () => socket.destroy())
    socket.on('error', () => there.destroy())
    socket.on('close', () => there.destroy())
    return undefined
  })
  const here = await listening(server)
  return { ...here, asked, [Symbol.asyncDispose]: () => here[Symbol.asyncDispose]() }
}

const through = (proxy: string, grant: EgressGrant = ANY_PUBLIC): EgressGrant => ({ ...grant, proxy: { http: proxy, https: proxy, except: [] } })

describe('a proxy', () => {
  it('is asked for names that cannot be resolved here, over http and https; its own address needs no grant', async ({ expect }) => {
    await using plain = await serve((request, response) => response.end(`plain ${request.headers.host} ${request.method}`))
    await using secure = await listening(createSecure(authority.issue('far.example'), (request, response) => void response.end(`secure ${request.headers.host}`)), 'https')
    await using names = await nameServer(() => undefined)
    await using toPlain = await proxyTo(plain.port)
    await using toSecure = await proxyTo(secure.port)
    const grant = { ...through(toPlain.url.replace('//', '//me:p%40ss@')), caFile: authority.caFile }
    const tools = egressTools(grant, [names.address])
    expect((await ask(grant, 'http://far.example/x', { tools, method: 'POST', body: 'b' })).body).toBe('plain far.example POST')
    expect(toPlain.asked).toEqual([`POST http://far.example/x Basic ${Buffer.from('me:p@ss').toString('base64')}`])
    expect((await ask({ ...grant, ...through(toSecure.url, grant) }, 'https://far.example/x', { tools })).body).toBe('secure far.example')
    expect(toSecure.asked).toEqual(['CONNECT far.example:443'])
  })

  it.for([
    ['a host that is not in the list', 'http://evil.example/', 'it is not in modules.<name>.hosts'],
    ['an address that is not public', 'http://10.0.0.5/', '10.0.0.5 (private)'],
    ['the metadata service', 'https://169.254.169.254/', '169.254.169.254 (metadata)'],
    ['its own machine', 'http://localhost/', '127.0.0.1 (loopback)'],
    ['a name that is private from here as well', 'http://intranet.example/', 'intranet.example, which is 10.0.0.5 (private)'],
  ] as const)('is not asked for %s', async ([_what, url, said], { expect }) => {
    await using names = await nameServer((name) => (name === 'intranet.example' ? [a('10.0.0.5')] : undefined))
    await using proxy = await proxyTo(1)
    const grant = { ...through(proxy.url), hosts: ['*.0.0.5', '10.0.0.5', '169.254.169.254', 'localhost', 'intranet.example'] }
    const failure = await failureOf(ask(grant, url, { tools: egressTools(grant, [names.address]) }))
    expect(failure).toMatch(/^denied: /)
    expect(failure).toContain(said)
    expect(proxy.asked).toEqual([])
  })

  it('that refuses, is not there, or never answers is no answer of the host', async ({ expect }) => {
    await using names = await nameServer(() => undefined)
    await using proxy = await proxyTo(1)
    await using silent = await listening(createPlain((socket) => socket.resume()))
    const tools = egressTools(ANY_PUBLIC, [names.address])
    expect(await failureOf(ask(through(proxy.url), 'https://forbidden.example/', { tools }))).toBe('unreachable: the proxy answers 403 No for forbidden.example')
    expect(await failureOf(ask(through('http://127.0.0.1:1'), 'http://far.example/', { tools }))).toMatch(/^unreachable: the host refuses the connection/)
    expect(await failureOf(ask(through('socks5://127.0.0.1:1'), 'http://far.example/', { tools }))).toMatch(/^unreachable: expected a proxy with http/)
    expect(await failureOf(ask({ ...through(silent.url), connectMs: 100 }, 'https://far.example/', { tools }))).toBe('timeout: no connection to far.example through the proxy within 0.1 s')
    expect(await failureOf(ask({ ...through(silent.url), requestMs: 100 }, 'http://far.example/', { tools }))).toMatch(/^timeout: no complete response/)
  })

  it('is left out for what is excepted, which then is vetted as anything else', async ({ expect }) => {
    await using server = await serve((_request, response) => response.end('direct'))
    await using proxy = await proxyTo(server.port)
    const excepting = (...except: string[]): EgressGrant => ({ ...LOOPBACK, proxy: { http: proxy.url, https: proxy.url, except } })
    for (const except of ['127.0.0.1', '127.0.0.0/8', `127.0.0.1:${server.port}`, '*']) expect((await ask(excepting(except), server.url)).body, except).toBe('direct')
    expect(proxy.asked).toEqual([])
    for (const except of ['0.0.1', '127.0.0.1:1', '10.0.0.0/8', 'example.org']) await ask(excepting(except), server.url)
    expect(proxy.asked.length).toBe(4)
    expect(await failureOf(ask({ ...excepting('*'), networks: [] }, server.url))).toMatch(/^denied/)
  })
})
