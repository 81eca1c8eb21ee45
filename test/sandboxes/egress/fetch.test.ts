import { describe, it } from 'vitest'
import { ANY_PUBLIC } from '../../../sandboxes/egress/grant.ts'
import { ask, failureOf, LOOPBACK } from './grants.ts'
import { serve } from './servers.ts'

describe('fetch', () => {
  it('sends method, headers and body as they are, and brings back status, headers and bytes', async ({ expect }) => {
    await using server = await serve(async (request, response) => {
      const chunks = await Array.fromAsync(request as AsyncIterable<Buffer>)
      response.writeHead(201, 'Made', { 'X-Two': ['1', '2'], 'Content-Type': 'application/octet-stream' })
      response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString('latin1') }))
    })
    const answer = await ask(LOOPBACK, `${server.url}/a%20b?c=d#e`, { method: 'post', body: 'a\xff\0', headers: [['X-One', '1'], ['x-one', '2'], ['User-Agent', 'me']] })
    expect(answer).toMatchObject({ url: `${server.url}/a%20b?c=d`, status: 201, statusText: 'Made', redirected: false })
    expect(answer.headers.filter(([name]) => name === 'x-two')).toEqual([['x-two', '1'], ['x-two', '2']])
    const { headers, ...seen } = JSON.parse(Buffer.from(answer.body, 'latin1').toString()) as { headers: Record<string, string> }
    expect(seen).toEqual({ method: 'POST', url: '/a%20b?c=d', body: 'a\xff\0' })
    expect(headers).toMatchObject({ 'x-one': '1, 2', 'user-agent': 'me', 'host': `127.0.0.1:${server.port}`, 'content-length': '3', 'accept': '*/*' })
  })

  it('lets no module write the headers of the connection, `host` among them', async ({ expect }) => {
    await using server = await serve((request, response) => response.end(JSON.stringify(request.headers)))
    const forbidden = [['Host', 'evil.example'], ['Connection', 'upgrade'], ['Upgrade', 'x'], ['Transfer-Encoding', 'chunked'], ['Content-Length', '7'], ['Proxy-Authorization', 'x']] as const
    const { body } = await ask(LOOPBACK, server.url, { headers: forbidden })
    expect(JSON.parse(body)).toEqual({ 'accept': '*/*', 'accept-encoding': 'gzip, deflate, br', 'user-agent': 'misp-module-host', 'host': `127.0.0.1:${server.port}`, 'connection': 'close' })
  })

  it.for([
    ['a URL that is none', 'nowhere', {}, 'expected a URL, found "nowhere"'],
    ['another scheme', 'file:///etc/passwd', {}, 'expected a URL with http: or https:'],
    ['a password in the URL', 'http://a:b@example.com/', {}, 'use the header Authorization'],
    ['a method that is none', 'http://example.com/', { method: 'GET /x' }, 'the method "GET /x" cannot be sent'],
    ['CONNECT', 'http://example.com/', { method: 'connect' }, 'cannot be sent'],
    ['a body with GET', 'http://example.com/', { body: 'x' }, 'has no body'],
    ['a body that is no bytes', 'http://example.com/', { method: 'POST', body: '\u0100' }, 'one character for each byte'],
    ['a header with a line break', 'http://example.com/', { headers: [['a', 'b\r\nc: d']] }, 'Invalid character'],
    ['a name of a header that is none', 'http://example.com/', { headers: [['a b', 'c']] }, 'valid HTTP token'],
    ['headers without end', 'http://example.com/', { headers: Array.from({ length: 201 }, () => ['a', 'b'] as const) }, 'at most 200 headers'],
  ] as const)('refuses %s before anything is looked up', async ([_what, url, more, message], { expect }) => {
    expect(await failureOf(ask(ANY_PUBLIC, url, more))).toMatch(/^bad_request: /)
    expect(await failureOf(ask(ANY_PUBLIC, url, more))).toContain(message)
  })

  it.for([
    '127.0.0.1', 'localhost', '2130706433', '0x7f000001', '0177.0.0.1', '127.1', '0.0.0.0', '[::1]', '[::ffff:127.0.0.1]', '[::127.0.0.1]', '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]', '[fd00::1]', '[fe80::1]', '169.254.169.254', '[fd00:ec2::254]', '100.64.0.1', '10.0.0.1', '１２７.0.0.1', '127。0。0。1',
  ])('does not reach %s without a grant', async (host, { expect }) => {
    await using server = await serve((_request, response) => response.end('reached'))
    expect(await failureOf(ask(ANY_PUBLIC, `http://${host}:${server.port}/`))).toMatch(/^denied: the module may not reach .*: grant it with modules\.<name>\.networks$/)
    expect(server.connections()).toBe(0)
  })

  it('says that nobody is there', async ({ expect }) => {
    const { port } = await using(async (server) => server)
    expect(await failureOf(ask(LOOPBACK, `http://127.0.0.1:${port}/`))).toBe(`unreachable: the host refuses the connection: 127.0.0.1:${port}`)
  })
})

/** A server that has ended by the time this is done. */
async function using<Value>(use: (server: { port: number }) => Promise<Value>): Promise<Value> {
  await using server = await serve(() => {})
  return await use({ port: server.port })
}
