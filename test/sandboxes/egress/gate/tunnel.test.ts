import { createServer as createHttpServer } from 'node:http'
import { createServer, get } from 'node:https'
import { connect, createServer as createTcpServer, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { eventually } from '../../../support/processes.ts'
import { type Certificates, certificates } from '../certificates.ts'
import { a, nameServer, type NameServer } from '../name_server.ts'
import { type Listening, listening } from '../servers.ts'
import { connectThrough, startGate, type TestGate } from './through.ts'

let authority: Certificates
let names: NameServer
let secure: Listening
let gate: TestGate

beforeAll(async () => {
  authority = certificates()
  names = await nameServer((name) => (name.endsWith('.test') ? [a(name === 'private.test' ? '10.0.0.1' : '127.0.0.1')] : undefined))
  secure = await listening(createServer(authority.issue('listed.test', 'other.test'), (req, res) => {
    let bytes = 0
    req.on('data', (chunk: Buffer) => { bytes += chunk.length })
    req.on('end', () => res.end(`${req.headers.host} ${bytes}`))
  }), 'https')
  gate = await startGate([names.address])
})
afterAll(async () => {
  await gate?.[Symbol.asyncDispose]()
  await secure?.[Symbol.asyncDispose]()
  await names?.[Symbol.asyncDispose]()
  authority?.[Symbol.dispose]()
})

/** A request over TLS in a tunnel; `name` is the one that TLS is told. */
function secured(socket: Socket, name: string | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const createConnection = () => connectTls({
      socket, ca: readFileSync(authority.caFile), ...(name !== undefined && { servername: name }), checkServerIdentity: () => undefined,
    })
    const asking = get({ createConnection, host: 'listed.test', path: '/', headers: { host: 'listed.test' } }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk }).on('end', () => resolve(text))
    })
    asking.on('error', reject)
  })
}

/** What becomes of a tunnel in which this is said. */
function closed(socket: Socket, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => { text += chunk })
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
    socket.write(bytes)
  })
}

describe('a tunnel through a door', () => {
  it('carries TLS to a host that is listed, whose certificate the client checks itself', async ({ expect }) => {
    await using door = await gate.door({ hosts: ['listed.test'], ports: [secure.port] })
    const socket = await connectThrough(door.path, `listed.test:${secure.port}`, { 'proxy-authorization': `Basic ${btoa('query-9:')}` }) as Socket
    expect(await secured(socket, 'listed.test')).toBe('listed.test 0')
    socket.destroy()
    await eventually(() => expect(gate.audits.at(-1)).toMatchObject({ query: 'query-9', verb: 'CONNECT', host: 'listed.test', port: secure.port }))
    const { sent, received } = gate.audits.at(-1) ?? { sent: 0, received: 0 }
    expect(sent).toBeGreaterThan(300)
    expect(received).toBeGreaterThan(500)
  })

  it('is closed when TLS is asked for another name than the tunnel was', async ({ expect }) => {
    await using door = await gate.door({ hosts: ['listed.test'] })
    const socket = await connectThrough(door.path, `listed.test:${secure.port}`) as Socket
    await expect(secured(socket, 'other.test')).rejects.toThrow(/disconnected|ECONNRESET|hang up/)
    await eventually(() => expect(gate.audits.at(-1)).toMatchObject({ verdict: 'denied', why: 'the module asks for "other.test" in a tunnel to listed.test' }))
  })

  it('is closed when TLS is asked for no name, unless it leads to an address', async ({ expect }) => {
    await using door = await gate.door({ hosts: ['listed.test', '127.0.0.1'] })
    const socket = await connectThrough(door.path, `listed.test:${secure.port}`) as Socket
    await expect(secured(socket, '')).rejects.toThrow(/disconnected|ECONNRESET|hang up/)
    await eventually(() => expect(gate.audits.at(-1)).toMatchObject({ verdict: 'denied', why: expect.stringContaining('no name in TLS') }))
    const other = await connectThrough(door.path, `127.0.0.1:${secure.port}`) as Socket
    expect(await secured(other, '')).toBe('listed.test 0')
  })

  it('is closed when what it carries is no TLS, and the host gets nothing of it', async ({ expect }) => {
    let got = 0
    await using plain = await listening(createTcpServer((socket) => socket.on('data', () => { got += 1 })))
    await using door = await gate.door({ hosts: ['listed.test'] })
    const socket = await connectThrough(door.path, `listed.test:${plain.port}`) as Socket
    expect(await closed(socket, 'EHLO listed.test\r\n')).toBe('')
    expect(got).toBe(0)
    await eventually(() => expect(gate.audits.at(-1)).toMatchObject({ verdict: 'denied', why: expect.stringContaining('a tunnel is for TLS') }))
  })

  it('in which nothing is said is closed', async ({ expect }) => {
    // On a busy machine the tunnel itself needs its time.
    await using door = await gate.door({ hosts: ['listed.test'], connectMs: 1000 })
    const socket = await connectThrough(door.path, `listed.test:${secure.port}`) as Socket
    expect(await closed(socket, '')).toBe('')
    await eventually(() => expect(gate.audits.at(-1)).toMatchObject({ verdict: 'timeout', why: expect.stringContaining('nothing was said') }))
  })

  const refusals: readonly (readonly [authority: string, said: RegExp])[] = [
    ['other.test:443', /^403 the module may not reach other\.test/],
    ['listed.test:1', /^403 the module may not reach port 1/],
    ['private.test:443', /^403 .*10\.0\.0\.1 \(private\)/],
    ['127.0.0.1:443', /^403 /],
    ['0x7f000001:443', /^400 expected the name or address/],
    ['2130706433:443', /^400 expected the name or address/],
    ['127.1:443', /^400 expected the name or address/],
    ['0177.0.0.1:443', /^400 expected the name or address/],
    ['[::ffff:127.0.0.1]:443', /^403 /],
    ['[listed.test]:443', /^40[03] /],
    ['listed.test:443@other.test', /^400 expected CONNECT to a host and port/],
    ['x@listed.test:443', /^400 expected CONNECT to a host and port/],
    ['listed.test', /^400 expected CONNECT to a host and port/],
    ['listed.test:99999', /^400 expected CONNECT to a host and port/],
  ]
  for (const [target, said] of refusals) {
    it(`does not lead to ${target}, and the status line says why`, async ({ expect }) => {
      await using door = await gate.door({ hosts: ['listed.test', 'private.test'], ports: [443, secure.port], networks: ['127.0.0.1/32'] })
      expect(await connectThrough(door.path, target)).toMatch(said)
      await eventually(() => expect(['denied', 'bad_request']).toContain(gate.audits.at(-1)?.verdict))
    })
  }

  it('goes through the proxy of the operator, where there is one, and says what that says', async ({ expect }) => {
    const asked: string[] = []
    const server = createHttpServer().on('connect', ({ url, headers }, socket) => {
      asked.push(`${url} ${headers['proxy-authorization']}`)
      if (url !== `listed.test:${secure.port}`) return void socket.end('HTTP/1.1 407 No\r\n\r\n')
      const to = connect(secure.port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
      for (const each of [socket, to]) each.on('error', () => {})
      socket.pipe(to).pipe(socket)
    })
    await using proxy = await listening(server)
    const url = proxy.url.replace('//', '//user:word@')
    await using door = await gate.door({ hosts: ['listed.test', 'other.test'], proxy: { http: undefined, https: url, except: [] } })
    expect(await secured(await connectThrough(door.path, `listed.test:${secure.port}`) as Socket, 'listed.test')).toBe('listed.test 0')
    expect(await connectThrough(door.path, 'other.test:443')).toBe('502 the proxy answers 407 for other.test:443')
    expect(asked).toEqual([`listed.test:${secure.port} Basic ${btoa('user:word')}`, `other.test:443 Basic ${btoa('user:word')}`])
  })
})
