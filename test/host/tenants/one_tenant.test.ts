import { readdirSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { OPERATOR } from '../../../host/config/tenants.ts'
import { hashOf, newKey } from '../../../host/tenants/keys.ts'
import { problemIn } from '../../support/api.ts'
import { cli } from '../../support/cli.ts'
import { listenToEvents } from '../../support/event_stream.ts'
import { startServer, type OurServer } from '../../support/our_server.ts'
import { eventually } from '../../support/processes.ts'
import { readMetrics } from '../../support/prometheus.ts'
import { pythonModule, TenantFiles } from '../../support/tenants.ts'

/** Packages are looked for again, which takes its time on a busy machine. */
const RELOADED_WITHIN_MS = 30_000

describe('a server with one tenant', () => {
  let files: TenantFiles
  let server: OurServer
  let ownPort: number
  beforeAll(async () => {
    files = new TenantFiles({
      tenants: { acme: { files: { 'expansion/hello.py': pythonModule('"hello"') }, entry: { shared: ['shared'], modules: { hello: { env: { TOKEN: 'planted-value' } } } } } },
      files: { 'expansion/shared.py': pythonModule('"of all"'), 'expansion/hidden.py': pythonModule('"of nobody"') },
    })
    server = await startServer({ args: ['--config', files.configFile, '--modules', files.root(OPERATOR), '-d'] })
    ownPort = Number(/"tenant":"acme","port":(\d+)/.exec(server.log())?.[1])
  })
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
    files?.[Symbol.dispose]()
  })
  const url = (path: string, port = server.port) => `http://127.0.0.1:${port}${path}`
  const as = (name: string) => ({ authorization: files.basic(name) })
  const ask = async (headers: Record<string, string>, module = 'hello', port = server.port) => {
    const response = await fetch(url('/query', port), { method: 'POST', body: JSON.stringify({ module }), headers })
    return [response.status, await response.text()] as const
  }

  it('answers who has the key: in the URL as MISP has it, by Basic, and by Bearer', async ({ expect }) => {
    expect(await ask(as('acme'))).toEqual([200, '{"results":"hello"}'])
    expect(await ask({ authorization: `Bearer ${files.key('acme')}` })).toEqual([200, '{"results":"hello"}'])
    const text = await new Promise<string>((resolve, reject) => {
      // As curl does: what stands before the @ becomes the header.
      const sent = request(`http://acme:${files.key('acme')}@127.0.0.1:${server.port}/query`, { method: 'POST' }, (answer) => {
        answer.setEncoding('utf8').on('data', resolve)
      })
      sent.on('error', reject).end('{"module":"hello"}')
    })
    expect(text).toBe('{"results":"hello"}')
  })

  it('answers at the port of the tenant without a key, and not with that of somebody else', async ({ expect }) => {
    expect(await ask({}, 'hello', ownPort)).toEqual([200, '{"results":"hello"}'])
    expect(await ask(as('acme'), 'hello', ownPort)).toEqual([200, '{"results":"hello"}'])
    expect(await ask(as(OPERATOR), 'hello', ownPort)).toEqual([200, '{"error":"the key is not for this port","results":[]}'])
    expect((await fetch(url('/modules', ownPort), { headers: { authorization: `Bearer ${newKey()}` } })).status).toBe(401)
  })

  it('lists its own modules and those that are shared with it, and no others', async ({ expect }) => {
    const listed = (await (await fetch(url('/modules'), { headers: as('acme') })).json()) as { name: string }[]
    expect(listed.map(({ name }) => name)).toEqual(['hello', 'shared'])
    expect(await ask(as('acme'), 'shared')).toEqual([200, '{"results":"of all"}'])
    const { modules } = (await (await fetch(url('/api/v1/modules'), { headers: as('acme') })).json()) as { modules: { name: string }[] }
    expect(modules.map(({ name }) => name)).toEqual(['hello', 'shared'])
  })

  it('refuses without a key: at /query as MISP can read it, at our own routes with a problem, elsewhere with a page', async ({ expect }) => {
    const [status, body] = await ask({})
    expect(status).toBe(200)
    expect(JSON.parse(body)).toEqual({ error: expect.stringMatching(/^expected a key: HTTP Basic/), results: [] })
    for (const path of ['/modules', '/statistics', '/version', '/openapi', '/openapi.json', '/nowhere']) {
      const response = await fetch(url(path))
      expect([path, response.status, response.headers.get('www-authenticate')]).toEqual([path, 401, expect.stringMatching(/^Basic realm="misp-module-host"/)])
      expect(await response.text()).toBe('<html><title>401: Unauthorized</title><body>401: Unauthorized</body></html>')
    }
    for (const path of ['/api/v1/modules', '/api/v1/modules/hello', '/api/v1/status', '/api/v1/events', '/api/v1/openapi.json', '/metrics', '/api/v1/nowhere']) {
      const response = await fetch(url(path))
      expect(response.headers.get('www-authenticate')).toMatch(/^Basic realm/)
      expect(problemIn(response, await response.text())).toMatchObject({ code: 'UNAUTHENTICATED', status: 401, blame: 'caller' })
    }
    const asked = await fetch(url('/api/v1/modules/hello/query'), { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })
    expect(problemIn(asked, await asked.text()).code).toBe('UNAUTHENTICATED')
  })

  it('says that it is there to anybody', async ({ expect }) => {
    const response = await fetch(url('/healthcheck'))
    expect([response.status, await response.text()]).toEqual([200, '{"status":true}'])
    expect((await fetch(url('/healthcheck'), { method: 'POST' })).status).toBe(401)
  })

  it('goes on with the connection after it has refused a long body on it', async ({ expect }) => {
    const sent = await fetch(url('/query'), { method: 'POST', body: Buffer.alloc(20 << 20, ' ') })
    expect(JSON.parse(await sent.text())).toMatchObject({ results: [] })
    expect(await ask(as('acme'))).toEqual([200, '{"results":"hello"}'])
  })

  it('shows the operator what concerns all, and no modules', async ({ expect }) => {
    const read = async (path: string) => {
      const response = await fetch(url(path), { headers: as(OPERATOR) })
      return [response.status, await response.text()] as const
    }
    for (const path of ['/modules', '/api/v1/modules', '/api/v1/modules/hello']) expect((await read(path))[0], path).toBe(403)
    expect(await ask(as(OPERATOR))).toEqual([200, expect.stringMatching(/^\{"error":"expected a tenant's key: .*","results":\[\]\}$/)])
    expect(await read('/metrics')).toEqual([200, expect.stringContaining('misp_module_host_modules_loaded{tenant="acme"} 2')])
    expect(await read('/metrics')).toEqual([200, expect.stringContaining('process_resident_memory_bytes')])
    expect(JSON.parse((await read('/statistics'))[1])).toMatchObject({ modules: { 'acme/hello': { type: 'expansion' } } })
    expect(JSON.parse((await read('/api/v1/status'))[1])).toMatchObject({ tenants: [{ name: 'acme', ready: true, modules: { loaded: 2 } }], modules: { loaded: 2 } })
  })

  it('counts for the operator what was refused, by why and by nothing that a stranger has sent', async ({ expect }) => {
    const metrics = async () => readMetrics(await (await fetch(url('/metrics'), { headers: as(OPERATOR) })).text())
    const before = await metrics()
    const marker = `made-up-${newKey()}`
    for (let n = 0; n < 3; n += 1) await ask({ authorization: `Bearer ${newKey()}` }, marker)
    await fetch(url(`/${marker}`), { headers: { authorization: `Basic ${btoa(`${marker}:x`)}` } })
    await ask(as(OPERATOR), marker, ownPort)
    const after = await metrics()
    const grown = (reason: string): number => after.value('misp_module_host_requests_refused_total', { reason }) - before.value('misp_module_host_requests_refused_total', { reason })
    expect([grown('UNAUTHENTICATED'), grown('FORBIDDEN')]).toEqual([4, 1])
    const refused = after.samples.filter(({ name }) => name === 'misp_module_host_requests_refused_total')
    expect(refused.every(({ labels }) => Object.keys(labels).join() === 'reason' && ['UNAUTHENTICATED', 'FORBIDDEN', 'BUSY'].includes(labels['reason'] ?? ''))).toBe(true)
    expect(JSON.stringify(after.samples)).not.toContain(marker)
    expect(await (await fetch(url('/metrics'), { headers: as('acme') })).text()).not.toContain('refused')
  })

  it('shows the tenant its part of the same, without what is of all, and without places of the machine', async ({ expect }) => {
    const read = async (path: string) => (await fetch(url(path), { headers: as('acme') })).text()
    const metrics = await read('/metrics')
    expect(metrics).toContain('misp_module_host_modules_loaded 2')
    expect(metrics).not.toMatch(/tenant|process_|nodejs_/)
    expect(JSON.parse(await read('/statistics'))).toMatchObject({ modules: { hello: {}, shared: {} } })
    const status = await read('/api/v1/status')
    expect(JSON.parse(status)).toMatchObject({ modules: { loaded: 2 }, memory: { hostBytes: null, treeBytes: null }, environment: { python: null } })
    for (const text of [status, await read('/api/v1/modules')]) expect(text).not.toContain(files.folder)
  })

  it('has no key, and nothing of env, in its log, its answers, or the command line and environment of any process', async ({ expect }) => {
    const marker = newKey()
    const wrong = `Basic ${Buffer.from(`acme:${marker}`).toString('base64')}`
    for (const authorization of [wrong, `Bearer ${marker}`, `Weird ${marker}`]) await ask({ authorization })
    // As a proxy is asked: the key stands in the request line.
    await new Promise<void>((resolve, reject) => {
      request({ host: '127.0.0.1', port: server.port, path: `http://acme:${marker}@there/modules`, headers: as('acme') }, (answer) => {
        answer.resume().on('end', resolve)
      }).on('error', reject).end()
    })
    const secrets = [marker, ...files.keys.values(), ...[...files.keys.keys()].map((name) => files.basic(name).slice('Basic '.length))]
    await eventually(() => expect(server.log()).toContain('http://there/modules'))
    const told = [server.log(), ...(await Promise.all(['/metrics', '/statistics', '/api/v1/status'].flatMap((path) => [OPERATOR, 'acme'].map(async (name) => (
      (await fetch(url(path), { headers: as(name) })).text()
    )))))]
    for (const text of told) for (const secret of [...secrets, 'planted-value']) expect(text.includes(secret)).toBe(false)
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const words = [read(`/proc/${pid}/cmdline`), read(`/proc/${pid}/environ`)].join()
      for (const secret of secrets) expect(words.includes(secret), `process ${pid}`).toBe(false)
    }
  })

  it('takes other keys on SIGHUP, old and new beside each other for as long as both are there', async ({ expect }) => {
    const [old, next] = [files.key('acme'), newKey()]
    const configure = (keys: readonly string[]) => files.configure({ tenants: { acme: { keys: keys.map(hashOf), roots: ['acme'] } }, operator: { keys: [files.hash(OPERATOR)] } })
    const statuses = async () => Promise.all([old, next].map(async (key) => (await fetch(url('/modules'), { headers: { authorization: `Bearer ${key}` } })).status))
    expect(await statuses()).toEqual([200, 401])
    configure([old, next])
    process.kill(server.pid, 'SIGHUP')
    await eventually(async () => expect(await statuses()).toEqual([200, 200]), RELOADED_WITHIN_MS)
    using listening = await listenToEvents(url('/api/v1/events'), undefined, { authorization: `Bearer ${old}` })
    using listeningStill = await listenToEvents(url('/api/v1/events'), undefined, { authorization: `Bearer ${next}` })
    configure([next])
    process.kill(server.pid, 'SIGHUP')
    await eventually(async () => expect(await statuses()).toEqual([401, 200]), RELOADED_WITHIN_MS)
    // What was opened with a key ends with it.
    await listening.ended
    files.save('acme', 'expansion/saved_later.py', pythonModule('1'))
    await listeningStill.until(1, ({ data }) => (data as { module: string }).module === 'saved_later')
    // What cannot be used changes nothing, and neither does a second tenant under this profile, or none.
    for (const [wrong, said] of [
      [{ tenants: { acme: { keys: [old] } } }, 'tenants.acme.keys.0: expected'],
      [{ tenants: { acme: { keys: [hashOf(old)] }, globex: {} } }, 'expected the profile strict for 2 tenants'],
      [{}, 'expected tenants in the configuration, found none'],
    ] as const) {
      files.configure(wrong)
      process.kill(server.pid, 'SIGHUP')
      await eventually(() => expect(server.log()).toContain(said), RELOADED_WITHIN_MS)
      expect(await statuses()).toEqual([401, 200])
    }
    expect(server.log()).not.toContain(old)
  })
})

describe('two tenants under this profile', () => {
  it('are not served where it is asked for: the start is refused with status 2, and nothing listens', async ({ expect }) => {
    using files = new TenantFiles({ tenants: { acme: {}, globex: {} } })
    const { status, out, err } = await cli(['serve', '--config', files.configFile, '--profile', 'trusted', '--state', `${files.folder}/state`, '-p', '0'])
    expect({ status, out }).toEqual({ status: 2, out: '' })
    expect(err).toMatch(/^expected the profile strict for 2 tenants \(acme, globex\), found trusted: .*\n$/)
    expect(err).not.toContain('started')
  })
})

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    // It has ended, or is the kernel's.
    return ''
  }
}
