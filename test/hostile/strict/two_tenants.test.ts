import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { askApi } from '../../support/api.ts'
import { startServer, type OurServer } from '../../support/our_server.ts'
import { eventually } from '../../support/processes.ts'
import { readMetrics } from '../../support/prometheus.ts'
import { pythonModule, TenantFiles } from '../../support/tenants.ts'

/** What it is asked to do in Python, and what came of it; nothing that it raises ends it. */
const TRIES = pythonModule('tried(query["code"])', `
def tried(code):
    try:
        return str(eval(code))
    except Exception as error:
        return type(error).__name__

`)

describe('two tenants, who are under the profile strict', () => {
  let files: TenantFiles
  let server: OurServer
  beforeAll(async () => {
    const entry = { shared: ['shared'] }
    files = new TenantFiles({
      tenants: { acme: { files: { 'expansion/tries.py': TRIES }, entry }, globex: { files: { 'expansion/tries.py': TRIES, 'expansion/secret.py': pythonModule('1') }, entry } },
      files: { 'expansion/shared.py': TRIES },
    })
    server = await startServer({ args: ['--config', files.configFile, '--modules', files.root('operator')] })
  })
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
    files?.[Symbol.dispose]()
  })
  const tries = async (tenant: string, code: string, module = 'tries') => {
    const response = await fetch(`http://127.0.0.1:${server.port}/query`, { method: 'POST', headers: { authorization: files.basic(tenant) }, body: JSON.stringify({ module, code }) })
    return (await response.json() as { results: unknown }).results
  }

  it('are so without being asked for it', async ({ expect }) => {
    const status = await fetch(`http://127.0.0.1:${server.port}/api/v1/status`, { headers: { authorization: files.basic('operator') } })
    expect(await status.json()).toMatchObject({ profile: 'strict' })
  })

  it('are served, by their keys', async ({ expect }) => {
    expect(await Promise.all([tries('acme', '1 + 1'), tries('globex', '2 + 2'), tries('acme', '3 + 3', 'shared'), tries('globex', '4 + 4', 'shared')])).toEqual(['2', '4', '6', '8'])
    expect((await fetch(`http://127.0.0.1:${server.port}/modules`)).status).toBe(401)
  })

  it("cannot see each other's modules, the configuration or what the host keeps, also from a module that both may use", async ({ expect }) => {
    for (const module of ['tries', 'shared']) {
      for (const path of [join(files.root('globex'), 'expansion/secret.py'), files.configFile, '/var/lib/misp-module-host/tenants']) {
        expect(await tries('acme', `open(${JSON.stringify(path)}).read()`, module)).toBe('FileNotFoundError')
      }
      expect(await tries('acme', `os.listdir(${JSON.stringify(files.folder)})`, module)).not.toMatch(/globex|config/)
    }
    expect(await tries('globex', `len(open(${JSON.stringify(join(files.root('globex'), 'expansion/secret.py'))}).read()) > 0`)).toBe('True')
  })

  it("say what they like of whose query a request is, and put nothing into the log of another tenant's query, or of another module's", async ({ expect }) => {
    const url = (path: string) => `http://127.0.0.1:${server.port}${path}`
    const waiting = askApi(url, 'tries', { code: 'print("leads to", os.environ["http_proxy"]) or time.sleep(3)' }, { headers: { authorization: files.basic('acme') } })
    const ids = (): string[] => [...server.log().matchAll(/leads to http:\/\/([\w-]{36}):query@/g)].map(([, id = '']) => id)
    await eventually(() => expect(ids()).toHaveLength(1), 20_000)
    const [id = ''] = ids()
    const forged = `__import__("requests").get("http://denied.test/", proxies={"http": "http://${id}:query@" + os.environ["http_proxy"].split("@")[1]}).status_code`
    expect([await tries('globex', forged), await tries('acme', forged, 'shared')]).toEqual(['403', '403'])
    // The log has it as what it is: what they say.
    for (const who of ['"tenant":"globex","module":"tries"', '"tenant":"acme","module":"shared"']) await eventually(() => expect(server.log()).toContain(`${who},"query":"${id}"`))
    expect((await waiting).answer.log).toEqual([expect.stringMatching(/^leads to/)])
  })

  it('have what they asked of the network counted, by module and verdict, each for itself and for the operator', async ({ expect }) => {
    const metrics = async (name: string) => readMetrics(await (await fetch(`http://127.0.0.1:${server.port}/metrics`, { headers: { authorization: files.basic(name) } })).text())
    const asked = 'misp_module_host_egress_requests_total'
    const counted = async (tenant: string) => {
      const [own, all] = [await metrics(tenant), await metrics('operator')]
      return [own.value(asked, { module: 'tries', verdict: 'denied' }), all.value(asked, { tenant, module: 'tries', verdict: 'denied' })]
    }
    const [before, others] = [await counted('acme'), await counted('globex')]
    for (let n = 0; n < 3; n += 1) await tries('acme', '__import__("requests").get("http://denied.test/").status_code')
    await eventually(async () => expect(await counted('acme')).toEqual(before.map((count) => count + 3)))
    expect(await counted('globex')).toEqual(others)
    expect((await metrics('globex')).samples.filter(({ labels }) => 'tenant' in labels)).toEqual([])
  })

  it('leave nothing for each other: in temporary folders, in shared memory, among processes', async ({ expect }) => {
    for (const folder of ['/tmp', '/dev/shm']) {
      const path = `${folder}/left-by-acme`
      await tries('acme', `open("${path}", "w").write("x")`)
      expect(await tries('globex', `os.path.exists("${path}")`)).toBe('False')
    }
    // Its own, and what stands around it.
    expect(Number(await tries('globex', 'len([pid for pid in os.listdir("/proc") if pid.isdigit()])'))).toBeLessThan(10)
  })

  it('of whom one fails without end, leave the other its answers', async ({ expect }) => {
    const attack = ['os._exit(1)', 'os.kill(os.getpid(), 9)', '"x" * 10**11', '[0] * 10**10', 'os.abort()'].map((code) => tries('acme', code).catch(() => {}))
    expect(await Promise.all(Array.from({ length: 10 }, (_, at) => tries('globex', `${at}`)))).toEqual(Array.from({ length: 10 }, (_, at) => `${at}`))
    await Promise.all(attack)
    expect(await tries('globex', '1')).toBe('1')
  })
})
