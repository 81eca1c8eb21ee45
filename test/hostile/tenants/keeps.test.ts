import { renameSync } from 'node:fs'
import { describe, it } from 'vitest'
import type { ModuleSettings } from '../../../sandboxes/contract.ts'
import { Latch } from '../../support/latch.ts'
import { eventually } from '../../support/processes.ts'
import { pythonModule, TenantsHost } from '../../support/tenants.ts'

const SECRET = pythonModule('os.environ.get("SECRET", "none")')
const WAITS = pythonModule('wait(query["file"]) or "waited"', `
def wait(file):
    while not os.path.exists(file):
        time.sleep(0.01)

`)
const GIVEN = { '*': { env: { SECRET: 'given' }, hosts: ['granted.example.org'] } }
const settings = (host: TenantsHost, module: string): ModuleSettings => host.tenants.all[0]!.opened.host.settings(module)

describe('what is taken away from a tenant is taken at once', () => {
  it('also from one that saves a module over and over that takes long to import', async ({ expect }) => {
    const slow = (n: number): string => pythonModule('1', `# ${n}\ntime.sleep(1.2)`)
    await using host = await TenantsHost.start({
      tenants: { eve: { files: { 'expansion/secret.py': SECRET, 'expansion/other.py': SECRET, 'expansion/slow.py': slow(0) }, entry: { modules: GIVEN, shared: ['common'] } } },
      files: { 'expansion/common.py': pythonModule('"of all"') },
    })
    expect([await host.ask('eve', 'secret'), await host.ask('eve', 'other'), await host.ask('eve', 'common')]).toEqual(['{"results":"given"}', '{"results":"given"}', '{"results":"of all"}'])
    host.files.save('more', 'expansion/more.py', pythonModule('"more"'))
    let n = 0
    const saving = setInterval(() => host.files.save('eve', 'expansion/slow.py', slow(n += 1)), 400)
    try {
      await eventually(() => expect(n).toBeGreaterThan(3))
      const renewed = host.reconfigure({ tenants: { eve: { entry: { roots: ['eve', 'more'], modules: { '*': { hosts: [], timeout: 7 }, 'other': { enabled: false } } } } } })
      await eventually(() => expect(settings(host, 'secret')).toMatchObject({ timeout: 7, egress: { hosts: [] } }), 2000)
      expect(await host.ask('eve', 'secret')).toBe('{"results":"none"}')
      const refused = ['other', 'common'].map(async (module) => (JSON.parse((await host.post('eve', `/api/v1/modules/${module}/query`, {})).body) as { code: string }).code)
      expect(await Promise.all(refused)).toEqual(['NOT_LOADED', 'UNKNOWN_MODULE'])
      await renewed
      // What it saves keeps nobody from the rest of what has changed either.
      await eventually(async () => expect(await host.ask('eve', 'more')).toBe('{"results":"more"}'), 60_000)
      expect((await host.get('eve', '/modules')).body).not.toMatch(/"other"|"common"/)
    } finally {
      clearInterval(saving)
    }
  }, 180_000)

  it('also from one whose root is away at that moment, and what it has is served when it is back', async ({ expect }) => {
    await using host = await TenantsHost.start({ tenants: { eve: { files: { 'expansion/secret.py': SECRET }, entry: { modules: GIVEN } }, bob: { files: { 'expansion/b.py': pythonModule('1') } } } })
    expect(await host.ask('eve', 'secret')).toBe('{"results":"given"}')
    const root = host.files.root('eve')
    renameSync(root, `${root}.away`)
    host.files.say({ tenants: { eve: { entry: { modules: { '*': { hosts: [] } } } }, bob: {} } })
    await host.renew()
    expect(settings(host, 'secret').egress.hosts).toEqual([])
    expect(host.lines).toContainEqual(expect.objectContaining({ tenant: 'eve', folder: root, msg: 'this root is not there, and has no modules until it is back' }))
    renameSync(`${root}.away`, root)
    await eventually(async () => expect(await host.ask('eve', 'secret')).toBe('{"results":"none"}'), 20_000)
    expect(await host.ask('bob', 'b')).toBe('{"results":1}')
  }, 120_000)

  it('also from what waits: a query of a module that is off now is refused, and one that runs ends as it would', async ({ expect }) => {
    await using host = await TenantsHost.start({ tenants: { eve: { files: { 'expansion/waits.py': WAITS }, entry: { concurrency: 1 } } } })
    using latch = new Latch()
    const status = () => host.tenants.all[0]!.opened.host.admission.status()
    const ask = () => host.ask('eve', 'waits', { file: latch.file })
    const runs = ask()
    await eventually(() => expect(status().running).toBe(1), 20_000)
    const waits = ask()
    await eventually(() => expect(status().waiting).toBe(1), 20_000)
    await host.reconfigure({ tenants: { eve: { entry: { concurrency: 1, modules: { waits: { enabled: false } } } } } })
    expect(await waits).not.toContain('waited')
    latch.open()
    expect(await runs).toBe('{"results":"waited"}')
  }, 120_000)
})
