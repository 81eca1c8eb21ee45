import { afterAll, beforeAll, describe, it } from 'vitest'
import { exchange, get, post } from '../../support/raw_http.ts'
import type { Exchange } from '../../support/raw_http.ts'
import { startUpstream } from '../../support/upstream.ts'
import type { Upstream } from '../../support/upstream.ts'
import { startStub } from './stub_host.ts'
import type { StubHost } from './stub_host.ts'

const PATHS = ['/modules', '/query', '/statistics', '/healthcheck', '/version', '/openapi.json', '/openapi', '/openapixjson']
const METHODS = ['GET', 'HEAD', 'POST', 'DELETE', 'PATCH', 'PUT', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY']

/** Bodies that are each host's own, and what follows from their bytes. */
const OWN_BODY = new Set(['/modules', '/statistics', '/openapi.json', '/openapi', '/openapixjson'])

let upstream: Upstream
let host: StubHost

beforeAll(async () => {
  [upstream, host] = await Promise.all([startUpstream(), startStub()])
})

afterAll(async () => {
  await host?.[Symbol.asyncDispose]()
  await upstream?.[Symbol.asyncDispose]()
})

describe('the same answer as upstream', () => {
  for (const path of PATHS) {
    it.for(METHODS)(`%s ${path}`, async (method, { expect }) => {
      const body = method === 'GET' || method === 'HEAD' || method === 'OPTIONS' ? [] : ['Content-Length: 0']
      const [theirs, ours] = await both(get(path, body, method), { head: method === 'HEAD' })
      const own = method === 'GET' && OWN_BODY.has(path)
      expect(comparable(ours, own)).toEqual(comparable(theirs, own))
    })
  }

  it.for([
    '/', '/nothing', '/version/', '//healthcheck', '/%68ealthcheck', '/Healthcheck', '/healthcheck#a', '*', 'http://a/version', '/healthcheck;a',
    '/openapi/json', '/openapi-json', '/openapi..json', '/version?a=b&c', '/healthcheck?', '/modules%20', '/-', '/query?x', '/version?%zz', '/%zz',
    `/healthcheck?${'a&'.repeat(999)}`, `/healthcheck?${'a&'.repeat(1000)}`, `/nothing?${'a&'.repeat(1000)}`,
  ])('GET %s', async (path, { expect }) => {
    const [theirs, ours] = await both(get(path))
    const own = path.startsWith('/openapi')
    expect(comparable(ours, own)).toEqual(comparable(theirs, own))
  })

  it.for([
    ['malformed', '{'], ['empty', ''], ['not an object', '[]'], ['a string', '"x"'], ['null', 'null'], ['trailing garbage', '{}x'],
    ['a byte order mark', '\ufeff{}'], ['NaN', '{"a":NaN}'], ['overflow', '{"a":1e400}'], ['comment', '{}//'],
    ['a lone surrogate', '{"a":"\\ud800"}'], ['a control character', '{"a":"\u0001"}'], ['deep', `{"a":${'['.repeat(1024)}${']'.repeat(1024)}}`],
    ['no module', '{}'], ['no module, timeout 0', '{"timeout":0}'], ['unknown module', '{"module":"none"}'],
    ['unknown module, timeout 0', '{"module":"none","timeout":0}'], ['negative timeout', '{"module":"none","timeout":-3}'],
    ['module of another type', '{"module":7}'], ['module of another type, timeout 0', '{"module":["x"],"timeout":"0"}'],
    ['type key', '{"module":"type:dns"}'], ['upper case', '{"module":"DNS"}'], ['timeout null', '{"module":"none","timeout":null}'],
    ['timeout text', '{"timeout":"abc"}'], ['timeout as text', '{"module":"none","timeout":" +5 "}'], ['timeout too long', '{"timeout":86400000000000}'],
    ['timeout 0.9', '{"module":"none","timeout":0.9}'], ['timeout false', '{"module":"none","timeout":false}'],
    ['duplicate module', '{"module":"none","module":3}'], ['white space', ' \t\r\n{"module":"none"} \n'],
  ] as const)('POST /query: %s', async ([, body], { expect }) => {
    const [theirs, ours] = await both(post('/query', body))
    expect(comparable(ours)).toEqual(comparable(theirs))
  })

  it.for([
    'application/json', 'text/plain', 'x', '', '; charset', 'application/x-www-form-urlencoded', 'application/json; charset=utf-8', 'a/b/c', '"', 'text/html, x',
  ])('POST /query with Content-Type %s', async (type, { expect }) => {
    const [theirs, ours] = await both(post('/query', '{"module":"none"}', [`Content-Type: ${type}`]))
    expect(comparable(ours)).toEqual(comparable(theirs))
  })

  it.for([
    ['close', 'HTTP/1.1', ['Connection: close']], ['Close', 'HTTP/1.1', ['Connection: Close']], ['keep-alive', 'HTTP/1.1', ['Connection: keep-alive']],
    ['1.0', 'HTTP/1.0', []], ['1.0 keep-alive', 'HTTP/1.0', ['Connection: keep-alive']], ['1.0 Keep-Alive', 'HTTP/1.0', ['Connection: Keep-Alive']],
    ['1.0 close', 'HTTP/1.0', ['Connection: close']], ['upgrade', 'HTTP/1.1', ['Connection: Upgrade', 'Upgrade: h2c']],
    ['TE', 'HTTP/1.1', ['Connection: TE', 'TE: trailers']],
  ] as const)('connection: %s', async ([, version, headers], { expect }) => {
    for (const path of ['/healthcheck', '/nothing']) {
      const [theirs, ours] = await both(`GET ${path} ${version}\r\nHost: a\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n`)
      expect(comparable(ours)).toEqual(comparable(theirs))
    }
    const body = '{"module":"none"}'
    const [theirs, ours] = await both(`POST /query ${version}\r\nHost: a\r\nContent-Length: ${body.length}\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n${body}`)
    expect(comparable(ours)).toEqual(comparable(theirs))
  })

  it.for([
    ['no Host', 'GET /version HTTP/1.1\r\n\r\n'], ['no Host in 1.0', 'GET /version HTTP/1.0\r\n\r\n'], ['two Hosts', 'GET /version HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n'],
    ['a Host with a space', 'GET /version HTTP/1.1\r\nHost: a b\r\n\r\n'], ['a Host with a comma', 'GET /version HTTP/1.1\r\nHost: a,b\r\n\r\n'],
    ['an empty Host', 'GET /version HTTP/1.1\r\nHost:\r\n\r\n'], ['a header without a colon', 'GET /version HTTP/1.1\r\nHost: a\r\nnothing\r\n\r\n'],
    ['8-bit header bytes', Buffer.from('GET /version HTTP/1.1\r\nHost: a\r\nX: \xe9\r\n\r\n', 'latin1')],
    ['a Content-Length of letters', 'POST /query HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n'],
    ['a Content-Length over the limit', 'POST /query HTTP/1.1\r\nHost: a\r\nContent-Length: 1073741825\r\n\r\n'],
    ['the same on another route', 'GET /version HTTP/1.1\r\nHost: a\r\nContent-Length: 1073741825\r\n\r\n'],
    ['both lengths', 'POST /query HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['another transfer coding', 'POST /query HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ['trailers', 'POST /query HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX: y\r\n\r\n'],
    ['a header block over 64 KiB', `GET /version HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(66_000)}\r\n\r\n`],
    ['a header block of 60 KiB', `GET /version HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(60_000)}\r\n\r\n`],
    ['HTTP/2.0', 'GET /version HTTP/2.0\r\nHost: a\r\n\r\n'], ['a broken chunk', 'POST /query HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
    ['Range and If-Modified-Since', 'GET /version HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\nIf-Modified-Since: Mon, 01 Jan 2035 00:00:00 GMT\r\n\r\n'],
    ['GET with a body', 'GET /version HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc'],
    ['a body for no route', 'POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Type: ///\r\nContent-Length: 3\r\n\r\nabc'],
    ['a body for a wrong method', 'PUT /modules HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc'],
    ['gzip', post('/query', '{"module":"none"}', ['Content-Encoding: gzip'])],
    ['chunked', 'POST /query HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"mod\r\nc\r\nule":"none"}\r\n0\r\n\r\n'],
    ['chunked in 1.0', 'POST /query HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'],
    ['no length', 'POST /query HTTP/1.1\r\nHost: a\r\n\r\n'],
  ] as const)('request with %s', async ([, request], { expect }) => {
    const [theirs, ours] = await both(request)
    expect(comparable(ours)).toEqual(comparable(theirs))
  })

  it.for(['100-continue', 'something'])('Expect: %s', async (expectation, { expect }) => {
    for (const path of ['/query', '/nothing']) {
      const body = '{"module":"none"}'
      const request = `POST ${path} HTTP/1.1\r\nHost: a\r\nExpect: ${expectation}\r\nContent-Length: ${body.length}\r\n\r\n`
      const waits = expectation === '100-continue'
      const [theirs, ours] = await both(waits ? request : request + body, waits ? { after100: body } : {})
      expect(comparable(ours)).toEqual(comparable(theirs))
    }
  })

  it.for(['get', 'FOO', 'GETX', 'M'])('the unknown method %s is answered with the same page, though the connection ends', async (method, { expect }) => {
    for (const path of ['/version', '/nothing']) {
      const [theirs, ours] = await both(get(path, [], method))
      const { connection, ...headers } = ours.answer?.headers ?? {}
      expect(connection).toBe('close')
      expect(comparable({ ...ours, kept: true, answer: { ...ours.answer!, headers } })).toEqual(comparable(theirs))
    }
  })

  it('CONNECT is answered with the same page', async ({ expect }) => {
    const [theirs, ours] = await both('CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(ours.answer?.status).toBe(theirs.answer?.status)
    expect(ours.answer?.body).toEqual(theirs.answer?.body)
  })

  it.for(['%', 'W/%', '"x", %', '*', '*, "x"', '"*"', '"x"', 'x', 'x*', '', '"x", W/%', '%x'])('If-None-Match: %s', async (pattern, { expect }) => {
    for (const path of ['/version', '/healthcheck', '/modules', '/openapi.json', '/openapi']) {
      const [theirs, ours] = await Promise.all([upstream.port, host.port].map(async (port) => {
        const etag = (await exchange(port, get(path))).answer?.headers['etag'] ?? ''
        return exchange(port, get(path, [`If-None-Match: ${pattern.replace('%', etag)}`]))
      }))
      const own = OWN_BODY.has(path)
      expect(comparable(ours!, own)).toEqual(comparable(theirs!, own))
    }
  })

  it('the ETag is the SHA-1 of the body', async ({ expect }) => {
    const [theirs, ours] = await both(get('/version'))
    expect(ours.answer?.headers['etag']).toBe(theirs.answer?.headers['etag'])
  })

  it('/statistics has the same keys in the same order', async ({ expect }) => {
    const [theirs, ours] = await both(get('/statistics'))
    expect(shape(ours)).toEqual(shape(theirs))
  })
})

async function both(request: string | Buffer, options: Parameters<typeof exchange>[2] = {}): Promise<[Exchange, Exchange]> {
  return Promise.all([exchange(upstream.port, request, options), exchange(host.port, request, options)])
}

/** An exchange without what may differ: the server's name, the time, our request id; and what follows from a body of one's own. */
function comparable({ interim, answer, kept }: Exchange, own = false): unknown {
  if (answer === undefined) return { interim, kept }
  const { server: _server, date: _date, 'x-request-id': _id, ...headers } = answer.headers
  if (!own) return { interim, kept, answer: { ...answer, headers, body: answer.body.toString('latin1') } }
  const { etag, 'content-length': length, ...rest } = headers
  return { interim, kept, answer: { status: answer.status, reason: answer.reason, etag: /^"[0-9a-f]{40}"$/.test(etag ?? ''), length: length !== undefined, rest } }
}

function shape({ answer }: Exchange): unknown {
  const { modules, totals, ...rest } = JSON.parse(answer?.body.toString() ?? '') as Record<string, Record<string, object>>
  const keys = (value: object): unknown => Object.entries(value).map(([key, inner]) => inner !== null && typeof inner === 'object' ? [key, keys(inner)] : key)
  return [Object.keys(rest), keys(totals!), keys(modules!['dns']!)]
}
