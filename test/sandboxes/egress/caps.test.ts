import { createServer } from 'node:net'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, it } from 'vitest'
import { ask, failureOf, LOOPBACK } from './grants.ts'
import { listening, serve } from './servers.ts'

const SMALL = { ...LOOPBACK, responseBytes: 100_000 }

describe('a response', () => {
  it('that says it is too long is not read', async ({ expect }) => {
    await using server = await serve((_request, response) => response.writeHead(200, { 'content-length': '100001' }).write('x'))
    expect(await failureOf(ask(SMALL, server.url))).toBe('too_large: the response is longer than 100000 bytes (egress.responseMb)')
  })

  it('without end is cut off', async ({ expect }) => {
    const { promise: closed, resolve } = Promise.withResolvers<void>()
    await using server = await serve((_request, response) => {
      const more = () => void response.write(Buffer.alloc(10_000), more)
      response.once('close', resolve)
      more()
    })
    expect(await failureOf(ask(SMALL, server.url))).toMatch(/^too_large/)
    await closed
  })

  it.for([
    ['gzip', gzipSync(Buffer.alloc(50 << 20))], ['br', brotliCompressSync(Buffer.alloc(50 << 20))], ['deflate', deflateSync(Buffer.alloc(50 << 20))],
    ['gzip, gzip', gzipSync(gzipSync(Buffer.alloc(50 << 20)))],
  ] as const)('that is a bomb in %s is never unpacked as a whole', async ([coding, bomb], { expect }) => {
    expect(bomb.length).toBeLessThan(100_000)
    await using server = await serve((_request, response) => response.writeHead(200, { 'content-encoding': coding }).end(bomb))
    const before = process.memoryUsage().rss
    expect(await failureOf(ask(SMALL, server.url))).toMatch(/^too_large/)
    expect(process.memoryUsage().rss - before).toBeLessThan(40 << 20)
  })

  it.for([
    ['gzip', gzipSync('hello')], ['x-gzip', gzipSync('hello')], ['br', brotliCompressSync('hello')], ['deflate', deflateSync('hello')], ['Deflate', deflateRawSync('hello')],
    ['gzip, br', brotliCompressSync(gzipSync('hello'))], ['gzip', gzipSync('hello').subarray(0, -4)], ['unknown', Buffer.from('hello')],
  ] as const)('in %s is unpacked', async ([coding, body], { expect }) => {
    await using server = await serve((_request, response) => response.writeHead(200, { 'content-encoding': coding }).end(body))
    expect((await ask(SMALL, server.url)).body).toBe('hello')
  })

  it('that is not what it says, or packed again and again, is none', async ({ expect }) => {
    await using server = await serve((request, response) => response.writeHead(200, { 'content-encoding': (request.url ?? '').slice(1) }).end('hello'))
    expect(await failureOf(ask(SMALL, `${server.url}/gzip`))).toBe('unreachable: the response is not the gzip that it says it is')
    expect(await failureOf(ask(SMALL, `${server.url}/gzip,gzip,gzip,gzip`))).toBe('unreachable: the response is compressed 4 times')
  })

  it('of HEAD, and with a status that has none, has no body', async ({ expect }) => {
    await using server = await serve((request, response) => response.writeHead(request.method === 'HEAD' ? 200 : 204, request.method === 'HEAD' ? { 'content-length': '999999999', 'content-encoding': 'gzip' } : {}).end())
    expect((await ask(SMALL, server.url, { method: 'HEAD' })).body).toBe('')
    expect(await ask(SMALL, server.url)).toMatchObject({ status: 204, body: '' })
  })

  it.for([
    ['ends in the middle', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf'],
    ['ends before it begins', ''],
    ['is no HTTP', 'SSH-2.0-x\r\n\r\n'],
    ['has a head without end', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(20_000)}`],
    ['switches to another protocol', 'HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'],
  ] as const)('that %s is unreachable', async ([_what, text], { expect }) => {
    await using server = await listening(createServer((socket) => socket.once('data', () => socket.end(text))))
    expect(await failureOf(ask(SMALL, server.url))).toMatch(/^unreachable: /)
  })
})

describe('the time of a request', () => {
  it('ends one that is answered drop by drop', async ({ expect }) => {
    await using server = await serve((_request, response) => {
      const drip = setInterval(() => response.write('x'), 10)
      response.once('close', () => clearInterval(drip))
    })
    expect(await failureOf(ask({ ...LOOPBACK, requestMs: 100 }, server.url))).toBe('timeout: no complete response within 0.1 s (egress.requestSeconds)')
  })

  it('ends one that is not answered, and the connection with it', async ({ expect }) => {
    const { promise: closed, resolve } = Promise.withResolvers<void>()
    await using server = await serve((request) => request.socket.once('close', resolve))
    // On a busy machine a request needs its time to arrive.
    expect(await failureOf(ask({ ...LOOPBACK, requestMs: 1000 }, server.url))).toMatch(/^timeout/)
    await closed
  })

  it('is over when the one who asked no longer waits', async ({ expect }) => {
    const { promise: closed, resolve } = Promise.withResolvers<void>()
    const off = new AbortController()
    await using server = await serve((request) => {
      request.socket.once('close', resolve)
      off.abort()
    })
    expect(await failureOf(ask(LOOPBACK, server.url, { signal: off.signal }))).toBe('aborted: the request was called off')
    await closed
    expect(await failureOf(ask(LOOPBACK, server.url, { signal: AbortSignal.abort() }))).toMatch(/^aborted/)
  })

  it('has a part of its own for TLS that nobody answers', async ({ expect }) => {
    await using server = await listening(createServer(() => {}), 'https')
    expect(await failureOf(ask({ ...LOOPBACK, connectMs: 100 }, server.url))).toBe(`timeout: no connection to 127.0.0.1 port ${server.port} within 0.1 s`)
  })
})
