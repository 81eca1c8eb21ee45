import { afterAll, beforeAll, describe, it } from 'vitest'
import { askApi, type AskOptions } from '../../../support/api.ts'
import { ReloadServer } from '../../../support/reload_server.ts'

const META = `
def introspection():
    return {"input": ["text"], "output": ["text"]}


def version():
    return {"version": "1"}
`

const FILES = {
  'expansion/r_bytes.py': `import base64\n\n\ndef handler(q=False):\n    return base64.b64encode(q).decode()\n${META}`,
  'expansion/r_numbers.py': `def handler(q=False):\n    return {"a": 2**64 - 1, "b": -(2**63), "c": 1e16, "z": 1, "html": "<script>alert(1)</script>"}\n${META}`,
  'expansion/r_says.py': `import sys, time, json\n\n\ndef handler(q=False):\n    print("to stdout", json.loads(q).get("word"))\n    print("to stderr", file=sys.stderr)\n    time.sleep(0.05)\n    return {"error": "no such thing"}\n${META}`,
  'expansion/r_sleeps.py': `import time, json\n\n\ndef handler(q=False):\n    time.sleep(json.loads(q)["seconds"])\n    return "slept"\n${META}`,
  'expansion/r_prints_much.py': `def handler(q=False):\n    for n in range(5000):\n        print("line", n)\n    return "printed"\n${META}`,
  'expansion/r_word.py': `import json, time\n\n\ndef handler(q=False):\n    word = json.loads(q)["word"]\n    print(word)\n    time.sleep(0.2)\n    return word\n${META}`,
}

describe('POST /api/v1/modules/:name/query', () => {
  let host: ReloadServer
  beforeAll(async () => {
    host = await ReloadServer.start({ files: FILES })
  })
  afterAll(() => host?.[Symbol.asyncDispose]())
  const ask = (module: string, body?: object | string, options?: AskOptions) => askApi((path) => host.url(path), module, body, options)
  /** What the module got. */
  const received = async (body: string): Promise<string> => Buffer.from(String((await ask('r_bytes', body)).answer.result), 'base64').toString()

  it('puts the name of the module in, and leaves every other byte as it was', async ({ expect }) => {
    expect(await received('{}')).toBe('{"module":"r_bytes"}')
    expect(await received(' \n{ \t} ')).toBe(' \n{"module":"r_bytes" \t} ')
    expect(await received('{"big":18446744073709551615, "f":1.0e+2,"\\u0061":"\\ud83d\\ude00"}'))
      .toBe('{"module":"r_bytes","big":18446744073709551615, "f":1.0e+2,"\\u0061":"\\ud83d\\ude00"}')
    const named = '{"a":1, "module" : "r_bytes"}'
    expect(await received(named)).toBe(named)
  })

  it('takes a body that comes in pieces', async ({ expect }) => {
    const { connect } = await import('node:net')
    const socket = connect(Number(new URL(host.url('/')).port), '127.0.0.1')
    let text = ''
    const ended = new Promise((resolve) => socket.on('data', (chunk) => { text += chunk.toString() }).on('close', resolve))
    const send = async (piece: string) => {
      socket.write(`${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    socket.write('POST /api/v1/modules/r_bytes/query HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n')
    for (const piece of [' ', '{', ' ', '"a"', ':1', '}', '\n']) await send(piece)
    socket.write('0\r\n\r\n')
    await ended
    const { result } = JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4)) as { result: string }
    expect(Buffer.from(result, 'base64').toString()).toBe(' {"module":"r_bytes", "a":1}\n')
  })

  it('answers with the bytes of the module inside an envelope', async ({ expect }) => {
    const { text, answer, headers } = await ask('r_numbers')
    expect(text).toMatch(/^\{"result":\{"a":18446744073709551615,"b":-9223372036854775808,"c":1e\+16,"z":1,"html":"<script>alert\(1\)<\/script>"\},"outcome":"success"/)
    expect(answer.module).toBe('r_numbers')
    expect(answer.requestId).toBe(headers.get('x-request-id'))
    // A browser takes no part of it for a page.
    expect([headers.get('content-type'), headers.get('x-content-type-options'), headers.get('cache-control')]).toEqual(['application/json', 'nosniff', 'no-store'])
    expect(headers.get('access-control-allow-origin')).toBeNull()
  })

  it('tells how long it took and what the module printed, also when the module found nothing', async ({ expect }) => {
    const first = (await ask('r_says', { word: 'one' })).answer
    expect(first).toMatchObject({ outcome: 'module_error', result: { error: 'no such thing' }, log: ['to stdout one', 'to stderr'] })
    expect(first.timings.runMs).toBeGreaterThan(40)
    // There was no runner yet.
    expect(first.timings.startMs).toBeGreaterThan(0)
    const second = (await ask('r_says', { word: 'two' })).answer
    expect(second.log).toEqual(['to stdout two', 'to stderr'])
    expect(second.timings).toMatchObject({ queueMs: 0, startMs: 0 })
  })

  it('gives each query its own lines, whatever ids the callers choose', async ({ expect }) => {
    const words = Array.from({ length: 12 }, (_, n) => `word${n}`)
    const answers = await Promise.all(words.map(async (word) => (await ask('r_word', { word }, { headers: { 'x-request-id': 'mine' } })).answer))
    expect(answers.map(({ log, result }) => [result, log])).toEqual(words.map((word) => [word, [word]]))
    expect(new Set(answers.map(({ requestId }) => requestId))).toEqual(new Set(['mine']))
  })

  it('keeps of a log no more than a query may write', async ({ expect }) => {
    const { log } = (await ask('r_prints_much')).answer
    expect(log.length).toBeGreaterThan(900)
    expect(log.length).toBeLessThanOrEqual(1001)
  })

  it('has its timeout in the address or in the body, the address first', async ({ expect }) => {
    const late = { status: 504, problem: { code: 'MODULE_TIMED_OUT', blame: 'module', module: 'r_sleeps' } }
    expect(await ask('r_sleeps', { seconds: 30, timeout: 1 })).toMatchObject(late)
    expect(await ask('r_sleeps', { seconds: 30, timeout: 100 }, { search: '?timeout=1' })).toMatchObject(late)
    expect((await ask('r_sleeps', { seconds: 0, timeout: 0 }, { search: '?timeout=5' })).answer.result).toBe('slept')
  })

  it.for([
    ['no JSON', '{', {}], ['a list', '[]', {}], ['a lone surrogate', '{"a":"\\ud800"}', {}], ['another module', '{"module":"r_says"}', {}],
    ['a module that is no name', '{"module":1}', {}], ['a timeout that is none', '{"timeout":"soon"}', {}],
    ['a timeout in the address that is none', '{}', { search: '?timeout=soon' }], ['two timeouts in the address', '{}', { search: '?timeout=1&timeout=2' }],
    ['deep lists', `{"a":${'['.repeat(100_000)}`, {}], ['nothing', '', {}],
  ] as const)('refuses %s', async ([, body, options], { expect }) => {
    expect(await ask('r_bytes', body, options)).toMatchObject({ status: 400, problem: { code: 'BAD_REQUEST', blame: 'caller', detail: expect.stringMatching(/expected/) } })
  })

  it('passes on what would be dangerous only to who decodes it: __proto__, and a million keys', async ({ expect }) => {
    expect(await received('{"__proto__":{"a":1}}')).toBe('{"module":"r_bytes","__proto__":{"a":1}}')
    const wide = `{${Array.from({ length: 1_000_000 }, (_, n) => `"k${n}":0`).join(',')}}`
    expect((await received(wide)).length).toBe(wide.length + '"module":"r_bytes",'.length)
  })

  it.for([
    ['text/plain', '{}'], ['application/x-www-form-urlencoded', 'a=1'], ['multipart/form-data; boundary=x', '--x--'], ['application/jsonp', '{}'],
  ])('refuses a body that a page of another site could send: %s', async ([type, body], { expect }) => {
    expect(await ask('r_bytes', body, { headers: { 'content-type': type! } })).toMatchObject({ status: 415, problem: { code: 'UNSUPPORTED_MEDIA_TYPE' } })
  })

  it('takes a type with parameters, and no coding', async ({ expect }) => {
    expect((await ask('r_bytes', {}, { headers: { 'content-type': 'Application/JSON; charset=utf-8' } })).status).toBe(200)
    expect(await ask('r_bytes', {}, { headers: { 'content-encoding': 'gzip' } })).toMatchObject({ status: 415, problem: { detail: expect.stringContaining('gzip') } })
  })

  it('names what was perhaps meant', async ({ expect }) => {
    expect(await ask('r_byte')).toMatchObject({ status: 404, problem: { code: 'UNKNOWN_MODULE', nearest: expect.arrayContaining(['r_bytes']) } })
    expect(await ask('x'.repeat(1000))).toMatchObject({ status: 404, problem: { code: 'UNKNOWN_MODULE', nearest: [] } })
  })

  it('logs one line for a query, with what became of it', async ({ expect }) => {
    const { requestId } = (await ask('r_numbers')).answer
    const told = (await host.log()).filter(({ reqId }) => reqId === requestId)
    expect(told).toMatchObject([{ msg: 'request', status: 200, module: 'r_numbers', outcome: 'success', url: '/api/v1/modules/r_numbers/query' }])
  })
})
