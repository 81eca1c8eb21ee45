import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askApi, problemIn, type Asked, type AskOptions } from '../../../support/api.ts'
import { HostileServer } from '../../../support/hostile_server.ts'
import { Latch } from '../../../support/latch.ts'
import { eventually } from '../../../support/processes.ts'

const SECRET = 'a-key-that-nobody-may-see'
const MODULES = ['large_answer', 'sleeps', 'waits_for_file', 'eats_memory', 'segfault', 'sys_exit', 'forges_frames', 'throws', 'unserialisable', 'raises_base', 'fails_to_load', 'prints_much']

describe('a problem of /api/v1', () => {
  let host: HostileServer
  const documents: string[] = []
  beforeAll(async () => {
    host = await HostileServer.start({
      modules: MODULES,
      config: {
        limits: { outputMb: 1 }, server: { bodiesMb: 8, bodySeconds: 3 }, queue: { queries: 1, bodiesMb: 1 },
        modules: { waits_for_file: { runners: 1 }, eats_memory: { memoryMb: 64 }, throws: { env: { HIDDEN: SECRET } } },
      },
    })
  })
  afterAll(() => host?.[Symbol.asyncDispose]())
  const ask = async (module: string, body?: object | string, options?: AskOptions) => {
    const asked = await askApi((path) => host.url(path), module, body, options)
    documents.push(asked.text)
    return asked
  }

  it.for([
    ['MODULE_THREW', 502, 'module', 'throws', {}],
    ['BAD_RESULT', 502, 'module', 'unserialisable', {}],
    ['MODULE_TIMED_OUT', 504, 'module', 'sleeps', { seconds: 60, timeout: 1 }],
    ['MODULE_OUT_OF_MEMORY', 502, 'module', 'eats_memory', { megabytes: 600, way: 'shared', seconds: 5 }],
    ['MODULE_CRASHED', 502, 'module', 'segfault', {}],
    ['MODULE_CRASHED', 502, 'module', 'sys_exit', { status: 3 }],
    ['OUTPUT_TOO_LARGE', 502, 'module', 'large_answer', { megabytes: 3 }],
    ['PROTOCOL_VIOLATION', 502, 'module', 'forges_frames', { way: 'guess' }],
    ['NOT_LOADED', 404, 'caller', 'fails_to_load', {}],
    ['UNKNOWN_MODULE', 404, 'caller', 'no_such', {}],
    ['BAD_REQUEST', 400, 'caller', 'echo', '{'],
  ] as const)('%s has the status %i and is the fault of the %s', async ([code, status, blame, module, body], { expect }) => {
    const { problem, headers } = await ask(module, body)
    expect(problem).toMatchObject({ code, status, blame, module, type: expect.stringMatching(/^urn:/), title: expect.any(String), detail: expect.any(String), timings: expect.any(Object), log: expect.any(Array) })
    expect([headers.get('x-request-id'), headers.get('x-content-type-options')]).toEqual([problem.requestId, 'nosniff'])
    expect((await ask('echo')).status).toBe(200)
  })

  it("has the module's traceback, with its own files only, by their place in the root", async ({ expect }) => {
    const { problem } = await ask('throws')
    expect(problem.trace).toMatch(/^Traceback/)
    expect([...problem.trace!.matchAll(/File "([^"]*)"/g)].map(([, file]) => file)).toContain('expansion/throws.py')
    for (const [, file] of problem.trace!.matchAll(/File "([^"]*)"/g)) expect(file).not.toMatch(/^\/|main\.py/)
  })

  it('BUSY has the status 503 and is the fault of the host', async ({ expect }) => {
    using latch = new Latch()
    const asked = await oneRunsAndOneWaits(latch)
    expect(await ask('waits_for_file', { file: latch.file })).toMatchObject({ status: 503, problem: { code: 'BUSY', blame: 'host', timings: { runMs: null } } })
    latch.open()
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 200])
  })

  it('a query that is running when another has to wait says so', async ({ expect }) => {
    using latch = new Latch()
    const [, waiting] = await oneRunsAndOneWaits(latch)
    await new Promise((resolve) => setTimeout(resolve, 60))
    latch.open()
    const second = await waiting
    expect(second.answer.timings.queueMs).toBeGreaterThan(50)
  })

  it('INPUT_TOO_LARGE is said before a byte of the body is read', async ({ expect }) => {
    const problem = await raw({ 'content-type': 'application/json', 'content-length': String(2 ** 40) }, [])
    expect(problem).toMatchObject({ code: 'INPUT_TOO_LARGE', status: 413, blame: 'caller' })
  })

  it('a body without end fills no memory: what there is room for is taken, and no more', async ({ expect }) => {
    const before = host.usage().megabytes
    const problem = await raw({ 'content-type': 'application/json' }, Array.from({ length: 64 }, () => `"${'x'.repeat(1 << 20)}",`), '{"a":[')
    expect(problem).toMatchObject({ code: 'BUSY', status: 503 })
    expect(host.usage().megabytes - before).toBeLessThan(100)
    await eventually(async () => expect((await status()).memory.bodyBytes).toBe(0))
  })

  it('SLOW_REQUEST: a body that does not come is not waited for, and holds nothing', async ({ expect }) => {
    expect(await raw({ 'content-type': 'application/json', 'content-length': '100' }, ['{"a":'])).toMatchObject({ code: 'SLOW_REQUEST', status: 408, blame: 'caller' })
    await eventually(async () => expect((await status()).memory.bodyBytes).toBe(0))
  })

  it('NOT_FOUND: a route that is not there, and a method that it has not', async ({ expect }) => {
    for (const [path, method] of [['/api/v1/nothing', 'GET'], ['/api/', 'GET'], ['/api/v1/status', 'POST'], ['/api/v1/modules/echo/query', 'GET'], ['/metrics', 'DELETE'], ['/api/v1/modules', 'OPTIONS']] as const) {
      const response = await fetch(host.url(path), { method })
      expect(problemIn(response, await response.text()), path).toMatchObject({ code: 'NOT_FOUND', status: 404 })
      expect(response.headers.get('access-control-allow-origin')).toBeNull()
    }
  })

  it('a module that floods its log is told to the caller within bounds', async ({ expect }) => {
    const { text } = await ask('prints_much', { megabytes: 5 })
    expect(text.length).toBeLessThan(100_000)
  })

  it('none of them has a path of this machine, a frame of the host, or a secret', async ({ expect }) => {
    await ask('throws', { config: { apikey: SECRET } })
    await ask('fails_to_load', { config: { apikey: SECRET } })
    expect(documents.length).toBeGreaterThan(20)
    for (const text of documents) {
      expect(text).not.toContain(SECRET)
      expect(text).not.toMatch(/\/(?:work|tmp|root|home|usr)\//)
      expect(text).not.toMatch(/node:internal|\.ts:\d|host\/|sandboxes\//)
    }
  })

  it('SHUTTING_DOWN: whoever waits when the host ends is told', async ({ expect }) => {
    using latch = new Latch()
    const [running, waiting] = await oneRunsAndOneWaits(latch)
    process.kill(host.pid, 'SIGTERM')
    expect(await waiting).toMatchObject({ status: 503, problem: { code: 'SHUTTING_DOWN', blame: 'host' } })
    latch.open()
    expect((await running).answer.result).toEqual({ results: 'waited' })
  })

  /** Two queries that end when the latch is open: the second waits for the runner of the first. */
  async function oneRunsAndOneWaits({ file }: Latch): Promise<[running: Promise<Asked>, waiting: Promise<Asked>]> {
    const running = ask('waits_for_file', { file })
    await eventually(async () => expect((await host.status()).queue).toMatchObject({ running: 1, waiting: 0 }))
    const waiting = ask('waits_for_file', { file })
    await eventually(async () => expect((await host.status()).queue).toMatchObject({ running: 1, waiting: 1 }))
    return [running, waiting]
  }

  async function status(): Promise<{ memory: { bodyBytes: number } }> {
    return (await (await fetch(host.url('/api/v1/status'))).json()) as { memory: { bodyBytes: number } }
  }

  /** A request that never ends, or is not all there; chunked where no length is given. */
  function raw(headers: Record<string, string>, pieces: readonly string[], first = ''): Promise<object> {
    return new Promise((resolve, reject) => {
      const asking = request(host.url('/api/v1/modules/echo/query'), { method: 'POST', headers, agent: false }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk })
        response.on('end', () => {
          asking.destroy()
          documents.push(text)
          resolve(problemIn(new Response(null, { status: response.statusCode ?? 0, headers: { 'content-type': response.headers['content-type'] ?? '' } }), text))
        })
      })
      asking.on('error', reject)
      asking.flushHeaders()
      if (first !== '') asking.write(first)
      for (const piece of pieces) asking.write(piece)
    })
  }
})
