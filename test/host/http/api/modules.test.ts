import { mkdirSync, mkdtempSync, chmodSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { z } from 'zod'
import { ModuleDetail, ModuleList } from '../../../../host/http/api/module_schemas.ts'
import { StatusAnswer } from '../../../../host/http/api/schemas.ts'
import { askApi, problemIn } from '../../../support/api.ts'
import { module, ReloadServer } from '../../../support/reload_server.ts'

type Detail = z.infer<typeof ModuleDetail>

const GOOD = module('"good"')
const FILES = {
  'expansion/r_good.py': GOOD,
  'import_mod/r_other.py': GOOD,
  'expansion/r_lacks.py': module('"x"', 'import maxminddb_that_is_not_there\n'),
  'expansion/r_lacks_known.py': module('"x"', '\n\nimport r_missing_package.part\n'),
  'expansion/r_broken.py': 'def handler(q=False):\n    return 1\n\n\nthis is no Python\n',
  'expansion/r_helped.py': module('"x"', 'from . import _r_helper\n'),
  'expansion/_r_helper.py': '\n\nraise ValueError("the helper is broken")\n',
  'expansion/r_saved.py': GOOD,
  'expansion/r_twice.py': GOOD,
  'expansion/off.py': GOOD,
}

describe('GET /api/v1/modules', () => {
  let host: ReloadServer
  let earlier: string
  beforeAll(async () => {
    earlier = mkdtempSync(join(tmpdir(), 'earlier-'))
    chmodSync(earlier, 0o755)
    mkdirSync(join(earlier, 'expansion'))
    for (const name of ['r_twice', 'r_broken']) writeFileSync(join(earlier, 'expansion', `${name}.py`), module('"earlier"'))
    host = await ReloadServer.start({
      files: FILES, args: ['-c', earlier],
      config: { modules: { '*': { enabled: false }, 'r_*': { enabled: true }, 'r_good': { timeout: 7, runners: 3, memoryMb: 99, env: { KEY: 'a-secret-value' } } } },
    })
  })
  afterAll(async () => {
    await host?.[Symbol.asyncDispose]()
    rmSync(earlier, { recursive: true, force: true })
  })
  const get = async (path: string): Promise<[Response, string]> => {
    const response = await fetch(host.url(path))
    return [response, await response.text()]
  }
  const one = async (name: string): Promise<Detail> => ModuleDetail.parse(JSON.parse((await get(`/api/v1/modules/${name}`))[1]))

  it('has every file that claims to be a module, by name', async ({ expect }) => {
    const [response, text] = await get('/api/v1/modules')
    expect([response.status, response.headers.get('content-type'), response.headers.get('x-content-type-options')])
      .toEqual([200, 'application/json; charset=utf-8', 'nosniff'])
    const { modules } = ModuleList.parse(JSON.parse(text))
    const names = modules.map(({ name }) => name)
    expect(names).toEqual(names.toSorted())
    expect(names).toEqual(expect.arrayContaining(['r_good', 'r_other', 'r_lacks', 'r_broken', 'r_helped', 'off', 'dns']))
    expect(modules.filter(({ loaded }) => loaded).map(({ name }) => name)).toEqual(['r_broken', 'r_good', 'r_other', 'r_saved', 'r_twice'])
    expect(text).not.toContain('a-secret-value')
  })

  it('of a module that is loaded it has version, place, limits, what it may reach, and counters', async ({ expect }) => {
    const before = await one('r_good')
    expect(before).toMatchObject({
      loaded: true, type: 'expansion', runtime: 'python', builtin: false, enabled: true, failure: null, root: host.root, file: 'expansion/r_good.py',
      version: expect.stringMatching(/^[0-9a-f]{16}$/), limits: { timeoutSeconds: 7, runners: 3, memoryMb: 99 }, reach: { hosts: 'any public', networks: [] },
      runners: { idle: 0, busy: 0, starting: 0 }, waiting: 0, counters: { queries: 0, lastQueryAt: null },
    })
    expect(Math.abs(Date.parse(before.reloadedAt!) - Date.now())).toBeLessThan(120_000)
    await askApi((path) => host.url(path), 'r_good')
    expect(await one('r_good')).toMatchObject({ runners: { idle: 1, busy: 0 }, counters: { queries: 1, successes: 1, requestBytes: '{"module":"r_good"}'.length, lastQueryAt: expect.any(String), averageSeconds: expect.any(Number) } })
    expect(await one('r_other')).toMatchObject({ type: 'import_mod', file: 'import_mod/r_other.py' })
  })

  it('of one that is not loaded it has the reason, the line, and the command that mends it', async ({ expect }) => {
    expect(await one('r_lacks_known')).toMatchObject({
      loaded: false, version: null, reloadedAt: null,
      failure: { error: expect.stringContaining('r_missing_package'), line: 3, missing: expect.stringContaining('r_missing_package'), mend: expect.stringMatching(/-m pip install r[-_]missing[-_]package$/) },
    })
    expect(await one('r_helped')).toMatchObject({ failure: { error: expect.stringContaining('the helper is broken'), file: expect.any(String), line: expect.any(Number), missing: null, mend: null } })
    expect(await one('off')).toMatchObject({ loaded: false, enabled: false, failure: { error: 'disabled in the configuration' } })
  })

  it('of a name that several claim it has all, the one with the most right to it first', async ({ expect }) => {
    const twice = await one('r_twice')
    expect(twice.candidates.map(({ root, state }) => [root, state])).toEqual([[host.root, 'served'], [earlier, 'overridden']])
    const broken = await one('r_broken')
    expect(broken.candidates.map(({ root, state }) => [root, state])).toEqual([[host.root, 'failed'], [earlier, 'served']])
    expect(broken).toMatchObject({ loaded: true, root: earlier, candidates: [{ failure: { line: 5, error: expect.stringContaining('SyntaxError') } }, {}] })
  })

  it('of one whose newest save does not load it has the version that still answers, and why the newest does not', async ({ expect }) => {
    const before = await one('r_saved')
    host.save('r_saved', '\nraise ValueError("half a thought")\n')
    await expect.poll(async () => (await one('r_saved')).failure?.error, { timeout: 20_000 }).toBe('ValueError: half a thought')
    expect(await one('r_saved')).toMatchObject({
      loaded: true, version: before.version, reloadedAt: before.reloadedAt, failure: { line: 2 },
      candidates: [{ state: 'served', version: before.version, failure: { line: 2 } }],
    })
    expect(await host.ask('r_saved')).toBe('{"results":"good"}')
    host.save('r_saved', module('"better"'))
    await host.answers('r_saved', 'better')
    const after = await one('r_saved')
    expect(after).toMatchObject({ loaded: true, failure: null })
    expect(after.version).not.toBe(before.version)
    expect(Date.parse(after.reloadedAt!)).toBeGreaterThan(Date.parse(before.reloadedAt!))
  })

  it('a name that nobody claims is a problem, with those that are near', async ({ expect }) => {
    for (const [name, nearest] of [['r_gud', 'r_good'], ['R_GOOD', 'r_good'], ['twice', 'r_twice']] as const) {
      const [response, text] = await get(`/api/v1/modules/${name}`)
      expect(problemIn(response, text)).toMatchObject({ status: 404, code: 'UNKNOWN_MODULE', module: name, nearest: expect.arrayContaining([nearest]) })
    }
  })

  it('the status says what protects, what runs and what does not load', async ({ expect }) => {
    const status = StatusAnswer.parse(JSON.parse((await get('/api/v1/status'))[1]))
    expect(status).toMatchObject({ profile: 'trusted', watch: 'on', node: process.versions.node, modules: { loaded: 5 } })
    expect(status.layers.map(({ name, active }) => [name, active])).toEqual(expect.arrayContaining([['process', true], ['seccomp', false], ['account', process.getuid?.() === 0]]))
    expect(status.runtimes.map(({ name }) => name)).toContain('python')
    expect(status.runtimes.find(({ name }) => name === 'python')?.cells.length).toBeGreaterThan(0)
    expect(status.memory.treeBytes).toBeGreaterThan(status.memory.hostBytes! / 2)
    expect(status.modules.notLoaded.find(({ name }) => name === 'r_helped')).toMatchObject({ line: expect.any(Number), reason: expect.stringContaining('broken') })
  })
})
