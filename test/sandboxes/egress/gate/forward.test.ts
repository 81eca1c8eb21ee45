import { connect, createServer as createTcpServer } from 'node:net'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { eventually } from '../../../support/processes.ts'
import { a, nameServer, type NameServer } from '../name_server.ts'
import { type Listening, listening, serve } from '../servers.ts'
import { rawThrough, requestThrough, startGate, type TestGate } from './through.ts'

/** A server that says what it was asked, behind the names of a name server. */
let names: NameServer
let server: Listening
let gate: TestGate
let switched = 0

beforeAll(async () => {
  const here = (): [ReturnType<typeof a>] => [a('127.0.0.1')]
  names = await nameServer((name) => {
    if (name === 'listed.test' || name === 'other.test' || name === 'x.suffix.test') return here()
    if (name === 'private.test') return [a('10.0.0.1')]
    if (name === 'mixed.test') return [a('127.0.0.1'), a('169.254.169.254')]
    if (name === 'turns.test') return (switched += 1) > 2 ? [a('10.0.0.1')] : here()
    return undefined
  })
  server = await serve((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      const { method, url, rawHeaders } = req
      if (url === '/away') return void res.writeHead(302, { location: 'http://other.test/' }).end()
      res.writeHead(207, { 'content-type': 'application/json', 'x-theirs': 'yes', 'proxy-secret': 'no', 'connection': 'x-hop', 'x-hop': 'no' })
      res.end(JSON.stringify({ method, url, rawHeaders, body: Buffer.concat(chunks).toString() }))
    })
  })
  gate = await startGate([names.address])
})
afterAll(async () => {
  await gate?.[Symbol.asyncDispose]()
  await server?.[Symbol.asyncDispose]()
  await names?.[Symbol.asyncDispose]()
})

describe('plain HTTP through a door', () => {
  it('reaches a host that is listed, with body and headers as they are, and the name of the URL as its host', async ({ expect }) => {
    await using door = await gate.door({ hosts: ['listed.test'], ports: [server.port], methods: ['POST'] })
    const said = await requestThrough(door.path, `http://listed.test:${server.port}/a/b?c=d`, {
      method: 'POST', body: 'what it sends', headers: { 'host': 'other.test', 'x-own': 'kept', 'proxy-authorization': `Basic ${btoa('query-7:')}`, 'connection': 'x-hop', 'x-hop': 'dropped' },
    })
    expect(said).toMatchObject({ status: 207, headers: { 'x-theirs': 'yes' } })
    expect(said.headers).not.toHaveProperty('proxy-secret')
    expect(said.headers).not.toHaveProperty('x-hop')
    const asked = JSON.parse(said.text) as { rawHeaders: string[] }
    expect(asked).toMatchObject({ method: 'POST', url: '/a/b?c=d', body: 'what it sends' })
    const names = asked.rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase())
    expect(asked.rawHeaders).toContain(`listed.test:${server.port}`)
    expect(names.filter((name) => name === 'host')).toHaveLength(1)
    expect(names).toContain('x-own')
    expect(names).not.toContain('x-hop')
    expect(names.filter((name) => name.startsWith('proxy-'))).toEqual([])
    await eventually(() => expect(gate.audits.at(-1)).toMatchObject({
      tenant: 'acme', module: 'asks', query: 'query-7', verb: 'POST', host: 'listed.test', port: server.port, verdict: 'allowed', sent: 13, received: said.text.length,
    }))
  })

  it('is told of as the query that it says, in each request or in the first of its connection, where that has the form of an id', async ({ expect }) => {
    await using door = await gate.door({ hosts: [] }, { module: 'says' })
    const queries = (): unknown[] => gate.audits.filter(({ module }) => module === 'says').map(({ query }) => query)
    const request = (said: string, more = ''): string => `GET http://other.test/ HTTP/1.1\r\nHost: other.test\r\n${said === '' ? '' : `Proxy-Authorization: Basic ${btoa(said)}\r\n`}${more}\r\n`
    const last = 'Connection: close\r\n'
    for (const said of ['some-id:', 'given.by_a-client/0123abcd:x', 'of others:', 'x'.repeat(65), '../../etc', 'a\nb']) await rawThrough(door.path, request(said, last))
    await eventually(() => expect(queries()).toEqual(['some-id', 'given.by_a-client/0123abcd', undefined, undefined, undefined, undefined]))
    // Each when the one before is answered; a question leaves its connection open.
    const socket = connect(door.path)
    const asking = ['one:', '', 'two:'].map((said) => request(said, 'Content-Length: 0\r\n').replace(/^GET [^ ]+/, 'POST /lookup'))
    const next = (): void => void (asking.length > 0 ? socket.write(asking.shift() as string) : socket.destroy())
    socket.on('data', next)
    next()
    await eventually(() => expect(queries().slice(6)).toEqual(['one', 'one', 'two']))
  })

  it('reaches what is below a suffix, and not the suffix itself', async ({ expect }) => {
    await using door = await gate.door({ hosts: ['*.suffix.test'] })
    expect((await requestThrough(door.path, `http://x.suffix.test:${server.port}/`)).status).toBe(207)
    expect((await requestThrough(door.path, `http://suffix.test:${server.port}/`)).status).toBe(403)
  })

  it('has the headers that the operator adds for a host, instead of its own, and for no other host', async ({ expect }) => {
    await using door = await gate.door({ hosts: ['listed.test', 'other.test'], headers: [{ host: 'listed.test', name: 'X-ApiKey', value: 'of the operator' }] })
    const headersOf = async (host: string) => {
      const { text } = await requestThrough(door.path, `http://${host}:${server.port}/`, { headers: { 'x-apikey': 'of the module' } })
      const { rawHeaders } = JSON.parse(text) as { rawHeaders: string[] }
      return rawHeaders.filter((_, at) => rawHeaders[at - 1]?.toLowerCase() === 'x-apikey')
    }
    expect(await headersOf('listed.test')).toEqual(['of the operator'])
    expect(await headersOf('other.test')).toEqual(['of the module'])
  })

  it('does not follow a redirect: the client comes again', async ({ expect }) => {
    await using door = await gate.door({ hosts: ['listed.test'] })
    expect(await requestThrough(door.path, `http://listed.test:${server.port}/away`)).toMatchObject({ status: 302, headers: { location: 'http://other.test/' } })
  })

  const refusals: readonly (readonly [what: string, target: string, status: number, text: RegExp, method?: string])[] = [
    ['a host that is not listed', 'http://other.test:PORT/', 403, /may not reach other\.test: it is not in modules\.<name>\.hosts \(/],
    ['a port that is not listed', 'http://listed.test:1/', 403, /may not reach port 1 of listed\.test: it is not in modules\.<name>\.ports/],
    ['a method that is not listed', 'http://listed.test:PORT/', 403, /may not send DELETE to listed\.test: it is not in modules\.<name>\.methods \(GET\)/, 'DELETE'],
    ['a name that leads to what is private', 'http://private.test:PORT/', 403, /private\.test, which is 10\.0\.0\.1 \(private\)/],
    ['a name of which one address is not public', 'http://mixed.test:PORT/', 403, /169\.254\.169\.254 \(metadata\)/],
    ['an address of a metadata service', 'http://169.254.169.254/', 403, /169\.254\.169\.254: it is not in/],
    ['https without CONNECT', 'https://listed.test:PORT/', 400, /CONNECT/],
    ['a file', 'file:///etc/passwd', 400, /expected a URL with http/],
    ['a path', '/etc/passwd', 400, /expected a URL/],
    ['a name and password', 'http://user:word@listed.test:PORT/', 400, /user name or password/],
    ['a name that is not there', 'http://nowhere.listed.test:PORT/', 502, /no address/],
  ]
  for (const [what, target, status, text, method = 'GET'] of refusals) {
    it(`does not reach ${what}, and says why`, async ({ expect }) => {
      await using door = await gate.door({ hosts: ['listed.test', 'private.test', 'mixed.test', 'nowhere.listed.test'], ports: [server.port], methods: ['GET'] })
      const before = server.connections()
      const said = await requestThrough(door.path, target.replace('PORT', String(server.port)), { method })
      expect(said.status).toBe(status)
      expect(said.text).toMatch(text)
      expect(server.connections()).toBe(before)
      await eventually(() => expect(gate.audits.at(-1)).toMatchObject({ door: expect.any(String), why: expect.stringMatching(text) }))
      expect(gate.audits.at(-1)?.verdict).not.toBe('allowed')
    })
  }

  for (const host of ['127.0.0.1', 'localhost', '2130706433', '0x7f000001', '[::1]', '[::ffff:127.0.0.1]', '0.0.0.0', '127.1']) {
    it(`does not reach this machine as ${host}`, async ({ expect }) => {
      await using door = await gate.door({ hosts: ['*'], networks: [] })
      const before = server.connections()
      expect((await requestThrough(door.path, `http://${host}:${server.port}/`)).status).toBeGreaterThanOrEqual(400)
      expect(server.connections()).toBe(before)
    })
  }

  it('asks for the addresses of a name each time, and dials what it has vetted', async ({ expect }) => {
    await using door = await gate.door({ hosts: ['turns.test'] })
    switched = 0
    // Both kinds of addresses are asked for, and then the name turns.
    expect((await requestThrough(door.path, `http://turns.test:${server.port}/`)).status).toBe(207)
    expect((await requestThrough(door.path, `http://turns.test:${server.port}/`)).status).toBe(403)
  })

  it('sends a body in a frame of our own, whatever the client says of it: nothing of it is the next request', async ({ expect }) => {
    const heard: string[] = []
    const inner = 'DELETE /all HTTP/1.1\r\nHost: listed.test\r\n\r\n'
    await using raw = await listening(createTcpServer((socket) => {
      let text = ''
      socket.setEncoding('latin1').on('data', (chunk: string) => {
        const isWhole = text.includes(inner)
        text += chunk
        // One answer for a connection, once its body has come and time enough has passed for whatever else comes of the request.
        if (!isWhole && text.includes(inner)) setTimeout(() => {
          heard.push(text)
          socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
        }, 100)
      })
    }))
    await using door = await gate.door({ hosts: ['listed.test'], methods: ['GET'] })
    const head = `GET http://listed.test:${raw.port}/ HTTP/1.1\r\nHost: x\r\n`
    const chunked = `${head}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`
    const counted = `${head}Content-Length: ${inner.length}\r\nConnection: close, content-length\r\n\r\n${inner}`
    for (const bytes of [chunked, counted]) expect(await rawThrough(door.path, bytes)).toContain(' 200 ')
    expect(heard[0]).toContain('Transfer-Encoding: chunked\r\n')
    expect(heard[0]).toContain(`\r\n\r\n${inner.length.toString(16)}\r\n${inner}`)
    expect(heard[1]).toContain(`Content-Length: ${inner.length}\r\n`)
  })

  it.for([
    ['a length and chunks', 'POST http://listed.test:PORT/ HTTP/1.1\r\nHost: listed.test\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET http://other.test/ HTTP/1.1\r\n\r\n'],
    ['a header with a bare line feed', 'GET http://listed.test:PORT/ HTTP/1.1\r\nHost: x\nX: y\r\n\r\n'],
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
  ] as const)('with %s is no request: the connection ends', async ([, bytes], { expect }) => {
    await using door = await gate.door({ hosts: ['listed.test'] })
    const before = server.connections()
    expect(await rawThrough(door.path, bytes.replace('PORT', String(server.port)))).not.toMatch(/HTTP\/1\.1 2/)
    expect(server.connections()).toBe(before)
  })
})
