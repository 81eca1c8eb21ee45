import { describe, it } from 'vitest'
import type { Ask, Result } from '../../../sandboxes/contract.ts'
import { QueryFailure } from '../../../sandboxes/failure.ts'
import type { FailureCode } from '../../../sandboxes/failure.ts'
import { exchange, get, open, post } from '../../support/raw_http.ts'
import { result, startStub } from './stub_host.ts'
import type { StubHost } from './stub_host.ts'

const GENERIC = 'Something went wrong, look in the server logs for details'

describe('a query', () => {
  it('reaches the module byte for byte, and its answer the client', async ({ expect }) => {
    await using host = await startStub({ ask: () => Promise.resolve(result('[18446744073709551616, "\u2028"]')) })
    const body = Buffer.from('{ "module":"echo",\n"n":18446744073709551616, "u":"\\u00e9é" }')
    const { answer } = await exchange(host.port, post('/query', body))
    expect(answer?.body.toString()).toBe('[18446744073709551616, "\u2028"]')
    expect(Buffer.concat(host.asked[0]!.body)).toEqual(body)
    expect(host.asked[0]!.bodyBytes).toBe(body.length)
  })

  it('keeps a large body in the chunks that it came in', async ({ expect }) => {
    await using host = await startStub({ ask: (query) => Promise.resolve(result(String(query.body.length > 10 && query.bodyBytes))) })
    const { answer } = await exchange(host.port, post('/query', `{"module":"echo","data":"${'x'.repeat(5_000_000)}"}`))
    expect(Number(answer?.body)).toBe(5_000_027)
  })

  it('that comes a byte at a time is held in few pieces, byte for byte', async ({ expect }) => {
    await using host = await startStub()
    const body = `{"module":"echo","data":"${'0123456789'.repeat(20_000)}"}`
    const chunks = Array.from(body, (byte) => `1\r\n${byte}\r\n`).join('')
    await exchange(host.port, `POST /query HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`)
    const [query] = host.asked
    expect(Buffer.concat(query!.body).toString() === body).toBe(true)
    expect(query!.bodyBytes).toBe(body.length)
    expect(query!.body.length).toBeLessThan(20)
  })

  it('gets an answer of many chunks whole, also when its client reads slowly', async ({ expect }) => {
    const chunk = Buffer.alloc(1_000_000, 'x')
    const body = Array.from({ length: 20 }, () => chunk)
    await using host = await startStub({ ask: () => Promise.resolve({ outcome: 'success', body, bodyBytes: 20_000_000 }) })
    const { answer, kept } = await exchange(host.port, post('/query', '{"module":"echo"}'))
    expect(answer?.headers['content-length']).toBe('20000000')
    expect(answer?.body.length).toBe(20_000_000)
    expect(kept).toBe(true)
  })

  it('gets an empty answer when the result has no bytes', async ({ expect }) => {
    await using host = await startStub({ ask: () => Promise.resolve({ outcome: 'success', body: [], bodyBytes: 0 }) })
    const { answer, kept } = await exchange(host.port, post('/query', '{"module":"echo"}'))
    expect([answer?.status, answer?.headers['content-length'], kept]).toEqual([200, '0', true])
  })

  it('with the time up is answered and not started', async ({ expect }) => {
    let started = 0
    await using host = await startStub({ ask: () => { started += 1; return Promise.resolve(result('1')) } })
    for (const timeout of ['0', '-1', 'false', '"0"']) {
      const { answer } = await exchange(host.port, post('/query', `{"module":"echo","timeout":${timeout}}`))
      expect(answer?.body.toString()).toBe('{"error":"Timeout."}')
    }
    expect(started).toBe(0)
    const counted = JSON.parse((await exchange(host.port, get('/statistics'))).answer!.body.toString())
    expect(counted.modules.echo).toMatchObject({ queries: 4, timeouts: 4, response_bytes: 80 })
  })

  it('has a deadline a little before its client gives up, counted from the arrival of its headers', async ({ expect }) => {
    await using host = await startStub({ timeout: 60 })
    await exchange(host.port, post('/query', '{"module":"echo","timeout":10}'))
    await exchange(host.port, post('/query', '{"module":"echo"}'))
    await exchange(host.port, post('/query', '{"module":"echo","timeout":900}'))
    expect(host.asked.map(({ deadline, receivedAt }) => Math.round(deadline - receivedAt))).toEqual([9500, 60_000, 60_000])
  })

  it.for<[FailureCode, number, string]>([
    ['BAD_REQUEST', 500, '<html><title>500: Internal Server Error</title><body>500: Internal Server Error</body></html>'],
    ['MODULE_THREW', 200, `{"error":"${GENERIC}"}`],
    ['BAD_RESULT', 200, `{"error":"${GENERIC}"}`],
    ['MODULE_TIMED_OUT', 200, '{"error":"Timeout."}'],
    ['MODULE_CANCELLED', 200, ''],
    ['MODULE_CRASHED', 200, `{"error":"${GENERIC}","results":[]}`],
    ['MODULE_OUT_OF_MEMORY', 200, `{"error":"${GENERIC}","results":[]}`],
    ['INPUT_TOO_LARGE', 200, '{"error":"the reason","results":[]}'],
    ['BUSY', 200, '{"error":"The host has too much to do, try again later","results":[]}'],
  ])('that fails with %s is answered with %i', async ([code, status, body], { expect }) => {
    await using host = await startStub({ ask: () => Promise.reject(new QueryFailure(code, 'the reason', { trace: 'line 1' })) })
    const { answer, kept } = await exchange(host.port, post('/query', '{"module":"echo"}'))
    expect([answer?.status, answer?.body.toString(), kept]).toEqual([status, body, true])
    expect(host.lines.find((line) => line['outcome'] === code)).toMatchObject({ module: 'echo', status, failure: 'the reason', trace: 'line 1' })
  })

  it.for<[string, Ask]>([
    ['rejects', () => Promise.reject(new TypeError('no such thing'))],
    ['throws', () => { throw new TypeError('no such thing') }],
  ])('is answered even when a bug of the host %s', async ([, broken], { expect }) => {
    await using host = await startStub({ ask: broken })
    const { answer } = await exchange(host.port, post('/query', '{"module":"echo"}'))
    expect(JSON.parse(answer!.body.toString())).toHaveProperty('results', [])
    expect(host.lines.find((line) => line['outcome'] === 'SANDBOX_UNAVAILABLE')).toMatchObject({ blame: 'host', err: { message: 'no such thing' } })
  })

  it('runs on when its client disconnects', async ({ expect }) => {
    const answered = Promise.withResolvers<Result>()
    const started = Promise.withResolvers<void>()
    await using host = await startStub({ ask: () => { started.resolve(); return answered.promise } })
    {
      using wire = await open(host.port)
      wire.write(post('/query', '{"module":"echo"}'))
      await started.promise
    }
    answered.resolve(result('{}'))
    const counted = JSON.parse((await exchange(host.port, get('/statistics'))).answer!.body.toString())
    expect(counted.modules.echo).toMatchObject({ queries: 1, completed: 1, successes: 1 })
  })
})

describe('a client that half-closes its side', () => {
  it('still gets the answer to GET', async ({ expect }) => {
    await using host = await startStub()
    using wire = await open(host.port)
    wire.socket.end(get('/version'))
    expect((await wire.read())?.status).toBe(200)
  })

  it('gets none to a query that takes longer, only the end of the connection, as upstream does', async ({ expect }) => {
    const answered = Promise.withResolvers<Result>()
    await using host = await startStub({ ask: () => answered.promise })
    using wire = await open(host.port)
    wire.socket.end(post('/query', '{"module":"echo"}'))
    expect(await wire.read()).toBeUndefined()
    answered.resolve(result('{}'))
    await until(() => host.lines.some((line) => line['outcome'] === 'success'))
  })
})

describe('memory for bodies', () => {
  it('is given back, whatever becomes of the request', async ({ expect }) => {
    let held = 0
    const bytes = { take: (n: number) => { held += n; return true }, give: (n: number) => { held -= n } }
    const heldWhileAsked: number[] = []
    await using host = await startStub({ bytes, ask: () => { heldWhileAsked.push(held); return Promise.resolve(result('1')) } })
    const body = '{"module":"echo"}'
    for (const each of [body, '{', '{"module":"none"}', '']) await exchange(host.port, post('/query', each))
    expect(heldWhileAsked).toEqual([body.length])
    {
      using wire = await open(host.port)
      wire.write('POST /query HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{"module":')
      await until(() => held > 0)
    }
    await until(() => held === 0)
    await until(() => host.lines.some((line) => line['status'] === 499))
  })

  it('that is used up refuses a body, reads it to its end and keeps the connection', async ({ expect }) => {
    let left = 100_000
    const bytes = { take: (n: number) => n <= left && ((left -= n), true), give: (n: number) => { left += n } }
    await using host = await startStub({ bytes })
    const { answer, kept } = await exchange(host.port, post('/query', `{"module":"echo","data":"${'x'.repeat(3_000_000)}"}`))
    expect(answer?.body.toString()).toBe('{"error":"The host has too much to do, try again later","results":[]}')
    expect(kept).toBe(true)
    expect(left).toBe(100_000)
  })
})

describe('the log', () => {
  it('has one line for each request, with the id that the answer carries', async ({ expect }) => {
    await using host = await startStub()
    const asked = [get('/version?a'), get('/nothing'), post('/query', '{"module":"echo"}'), post('/query', '{'), get('/version', [], 'TRACE')]
    const answers = await Promise.all(asked.map((request) => exchange(host.port, request)))
    const lines = host.lines.filter(({ url }) => url !== '/healthcheck')
    expect(lines.length).toBe(asked.length)
    for (const { answer } of answers) {
      const line = lines.find(({ reqId }) => reqId === answer?.headers['x-request-id'])
      expect(line).toMatchObject({ status: answer?.status, msg: 'request' })
    }
    expect(lines.map(({ method, url }) => `${String(method)} ${String(url)}`).sort())
      .toEqual(['GET /nothing', 'GET /version?a', 'POST /query', 'POST /query', 'TRACE /version'])
  })

  it('takes the id of the client if that is harmless', async ({ expect }) => {
    await using host = await startStub()
    const ids = async (given: string) => (await exchange(host.port, post('/query', '{"module":"echo"}', [`X-Request-Id: ${given}`]))).answer?.headers['x-request-id']
    expect(await ids('a-1.B_2')).toBe('a-1.B_2')
    expect(host.asked[0]!.id).toBe('a-1.B_2')
    for (const given of ['a b', 'x'.repeat(65), '', '{}']) expect(await ids(given)).toMatch(/^[0-9a-f-]{36}$/)
  })

  const secret = '{"module":"echo","config":{"apikey":"K"},"data":"D","user":{"email":"U"},"attribute":{"data":"E","value":"v"}}'

  it.for([['redacted', false], ['full', true]] as const)('with bodies %s shows secrets: %s', async ([debug, shown], { expect }) => {
    await using host = await startStub({ debug })
    await exchange(host.port, post('/query', secret))
    const line = JSON.stringify(bodyLine(host))
    expect(line).toContain('apikey')
    for (const value of ['"K', '"D', '"U', '"E']) expect(line.replaceAll('\\', '').includes(`${value}"`)).toBe(shown)
  })

  it('has no bodies otherwise', async ({ expect }) => {
    await using host = await startStub()
    await exchange(host.port, post('/query', secret))
    expect(bodyLine(host)).toBeUndefined()
  })
})

function bodyLine(host: StubHost): unknown {
  return host.lines.find((line) => 'body' in line)
}

async function until(done: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!done()) {
    if (Date.now() > deadline) throw new Error('it did not happen within 20 s')
    await new Promise((resolve) => { setTimeout(resolve, 5) })
  }
}
