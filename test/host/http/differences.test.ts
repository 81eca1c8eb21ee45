import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { makeCatalogue } from '../../../host/registry/catalogue.ts'
import { pythonRuntime } from '../../../sandboxes/python/runtime.ts'
import { Border } from '../../support/border.ts'
import { BROKEN_MODULES } from '../../support/kinds.ts'
import { testPython } from '../../support/python.ts'
import { exchange, get, open, post } from '../../support/raw_http.ts'
import { startUpstream, type Upstream } from '../../support/upstream.ts'
import { startStub, type StubHost } from './stub_host.ts'

const MAIN = fileURLToPath(new URL('../../../host/main.js', import.meta.url))
const RUNNER = fileURLToPath(new URL('../../../sandboxes/python', import.meta.url))
const BODY = '{"module":"none"}'

/** What the README's table calls a deliberate difference, where no other test is about it. */
describe('unlike upstream', () => {
  let upstream: Upstream
  let host: StubHost
  beforeAll(async () => {
    [upstream, host] = await Promise.all([startUpstream(), startStub()])
  })
  afterAll(async () => {
    await host?.[Symbol.asyncDispose]()
    await upstream?.[Symbol.asyncDispose]()
  })

  it('a form of any kind is a body like any other', async ({ expect }) => {
    const fields = `{"module":"none","text":"${'&'.repeat(1000)}"}`
    const requests = [
      post('/query', BODY, ['Content-Type: multipart/form-data']),
      post('/query', fields, ['Content-Type: application/x-www-form-urlencoded']),
      post('/query', BODY, ['Content-Type: application/x-www-form-urlencoded', 'Content-Encoding: gzip']),
    ]
    const [, plain] = await both(post('/query', BODY))
    for (const request of requests) {
      const [theirs, ours] = await both(request)
      expect(theirs.answer?.status).toBe(400)
      expect([ours.answer?.status, ours.answer?.body]).toEqual([200, plain.answer?.body])
    }
  })

  it('the wording of 100 is that of Node', async ({ expect }) => {
    const words = await Promise.all([upstream, host].map(async ({ port }) => {
      using wire = await open(port)
      wire.write(`POST /query HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: ${BODY.length}\r\n\r\n`)
      return (await wire.read())?.reason
    }))
    expect(words).toEqual(['(Continue)', 'Continue'])
  })

  it('the server is called misp-module-host, also in errors', async ({ expect }) => {
    for (const path of ['/healthcheck', '/nothing']) {
      const [theirs, ours] = await both(get(path))
      expect([theirs.answer?.headers['server']?.split('/')[0], ours.answer?.headers['server']]).toEqual(['TornadoServer', 'misp-module-host'])
    }
  })

  async function both(request: string | Buffer) {
    return Promise.all([exchange(upstream.port, request), exchange(host.port, request)])
  }
})

it('the list is sorted by name, whatever the order in which modules were found', ({ expect }) => {
  const found = ['b', 'a-b', 'B', 'a', '\u{1f40d}', '\uffff'].map((name) => ({
    source: { name, type: 'expansion' as const, file: '', root: '', builtin: false, runtime: 'python' },
    introspection: { entry: JSON.stringify(name), heavy: false, files: [] }, content: undefined,
    version: '',
  }))
  expect(JSON.parse(makeCatalogue(found, []).listing.body.toString())).toEqual(['B', 'a', 'a-b', 'b', '\uffff', '\u{1f40d}'])
})

it('what clients read of a module is there, also where its version() returns nothing', async ({ expect }) => {
  const options = { python: testPython(), runnerFolder: RUNNER, form: 'single', descriptors: 1024, fileMb: 64, debugHttp: false } as const
  await using border = new Border({ runtime: pythonRuntime(options), root: BROKEN_MODULES })
  const meta = { 'author': '', 'description': '', 'module-type': ['expansion'] }
  expect(await border.describe('version_is_none')).toMatchObject({ entry: { name: 'version_is_none', meta } })
})

it('a port above 65535 is refused', async ({ expect }) => {
  const { status, said } = await new Promise<{ status: unknown; said: string }>((resolve) => {
    execFile(process.execPath, [MAIN, '-p', '99999', '-t'], (error, _stdout, stderr) => resolve({ status: error?.code, said: stderr }))
  })
  expect(status).toBe(2)
  expect(said).toContain('--port')
})
