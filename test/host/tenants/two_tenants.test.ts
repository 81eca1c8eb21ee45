import { readdirSync, readFileSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import pino from 'pino'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { OPERATOR } from '../../../host/config/tenants.ts'
import { Renewals } from '../../../host/renewals.ts'
import { hashOf, newKey } from '../../../host/tenants/keys.ts'
import { listenToEvents, type SentEvent } from '../../support/event_stream.ts'
import { alive, eventually } from '../../support/processes.ts'
import { pythonModule, TenantsHost, type Answered, type TenantsOptions } from '../../support/tenants.ts'

const WHERE = '[os.getpid(), os.getppid(), os.getcwd(), os.environ["HOME"], os.environ["TMPDIR"], dict(os.environ)]'
const LOGS = pythonModule('(print(query["text"]), time.sleep(0.5)) and query["text"]')

describe('two tenants of one host', () => {
  let host: TenantsHost
  beforeAll(async () => {
    host = await TenantsHost.start({
      tenants: {
        acme: {
          files: {
            'expansion/same.py': pythonModule('"of acme"'), 'expansion/acme_only.py': pythonModule('1'), 'expansion/where.py': pythonModule(WHERE), 'expansion/logs.py': LOGS,
            'expansion/acme_broken.py': 'raise ValueError("of acme")\n', 'expansion/shared.py': pythonModule('"taken by acme"'),
          },
          entry: { shared: ['shared', 'common'], modules: { 'where': { env: { SECRET_OF_ACME: 'x' } }, '*': { timeout: 20 } } },
        },
        globex: {
          files: { 'expansion/same.py': pythonModule('"of globex"'), 'expansion/where.py': pythonModule(WHERE), 'expansion/logs.py': LOGS },
          entry: { shared: ['shared'] },
        },
        soylent: { entry: { shared: ['shared'], listen: { socket: 'soylent.sock' } } },
      },
      files: {
        'expansion/shared.py': pythonModule('"of all"', 'print("shared is imported")'), 'expansion/common.py': pythonModule('1'),
        'expansion/hidden.py': pythonModule('1', 'print("hidden is imported")'),
      },
    })
  })
  afterAll(() => host?.[Symbol.asyncDispose]())
  const listed = async (name: string) => (JSON.parse((await host.get(name, '/modules')).body) as { name: string }[]).map((each) => each.name)

  it('are told of the modules of the installation by it: it has asked each once, and only those that somebody sees', async ({ expect }) => {
    const printed = () => host.lines.filter(({ msg }) => String(msg).endsWith('is imported'))
    await eventually(() => expect(printed()).toEqual([expect.objectContaining({ msg: 'shared is imported' })]))
    expect(printed()[0]).not.toHaveProperty('tenant')
  })

  it('see their own modules and those that are shared with them, and a name that both have is two modules', async ({ expect }) => {
    expect(await listed('acme')).toEqual(['acme_only', 'common', 'logs', 'same', 'shared', 'where'])
    expect(await listed('globex')).toEqual(['logs', 'same', 'shared', 'where'])
    expect(await Promise.all(['acme', 'globex'].flatMap((name) => ['same', 'shared'].map((module) => host.ask(name, module))))).toEqual([
      '{"results":"of acme"}', '{"results":"taken by acme"}', '{"results":"of globex"}', '{"results":"of all"}',
    ])
  })

  it("cannot tell another's module, or one that is not shared, from one that is not there", async ({ expect }) => {
    const alike = (text: string, name: string) => text.replaceAll(name, 'NAME').replaceAll(/"requestId":"[^"]+"/g, '')
    const told = async (read: (name: string) => Promise<Answered>) => {
      const answers = await Promise.all(['acme_only', 'acme_broken', 'hidden', 'never_there'].map(async (name) => {
        const { status, headers, body } = await read(name)
        return [status, headers.get('content-type'), alike(body, name)]
      }))
      expect(new Set(answers.map((each) => JSON.stringify(each))).size, JSON.stringify(answers)).toBe(1)
      return answers[0]
    }
    expect(await told((module) => host.post('globex', '/query', { module }))).toEqual([200, expect.any(String), '{"error":"Something went wrong, look in the server logs for details"}'])
    expect(await told((module) => host.post('globex', `/api/v1/modules/${module}/query`, {}))).toEqual([404, 'application/problem+json', expect.stringContaining('UNKNOWN_MODULE')])
    expect(await told((module) => host.get('globex', `/api/v1/modules/${module}`))).toEqual([404, expect.stringMatching(/^application\/problem\+json/), expect.stringContaining('4 names are known')])
    // Nor by a name that is nearly right.
    expect((await host.get('globex', '/api/v1/modules/acme_onl')).body).not.toContain('acme_only')
  })

  it("are kept from each other's ports", async ({ expect }) => {
    const headers = { authorization: host.files.basic('globex') }
    expect([(await fetch(host.url('/modules', 'acme'), { headers })).status, (await fetch(host.url('/modules', 'globex'), { headers })).status]).toEqual([403, 200])
    expect((await fetch(host.url('/modules', 'globex'))).status).toBe(200)
    const mixed = `Basic ${Buffer.from(`acme:${host.files.key('globex')}`).toString('base64')}`
    expect((await fetch(host.url('/modules'), { headers: { authorization: mixed } })).status).toBe(401)
  })

  it('are asked at a socket of their own without a key, and one who names no key gets nowhere else by it', async ({ expect }) => {
    const socketPath = join(host.files.folder, 'soylent.sock')
    const listing = (headers: Record<string, string>) => new Promise<string>((resolve, reject) => {
      request({ socketPath, path: '/modules', headers }, (answer) => void answer.setEncoding('utf8').on('data', resolve)).on('error', reject).end()
    })
    expect((JSON.parse(await listing({})) as { name: string }[]).map(({ name }) => name)).toEqual(['shared'])
    expect(await listing({ authorization: host.files.basic('acme') })).toContain('403: Forbidden')
    expect(await host.ask('soylent', 'shared')).toMatch(/^\{"results":"of all/)
  })

  it('run in cells and folders of their own, whose names say nothing, and with their own variables', async ({ expect }) => {
    const where = async (name: string) => (JSON.parse(await host.ask(name, 'where')) as { results: [number, number, string, string, string, Record<string, string>] }).results
    const [acme, globex] = [await where('acme'), await where('globex')]
    for (const at of [0, 1, 2, 3, 4]) expect(acme[at], `${at}`).not.toBe(globex[at])
    expect(acme[5]['SECRET_OF_ACME']).toBe('x')
    expect(JSON.stringify(globex)).not.toMatch(/SECRET_OF_ACME|acme/i)
    const parents = host.tenants.all.map(({ opened }) => opened.host.cells.status().map(({ pid }) => pid))
    expect([parents[0], parents[1]]).toEqual([expect.arrayContaining([acme[1]]), expect.arrayContaining([globex[1]])])
    expect(parents[0]?.filter((pid) => parents[1]?.includes(pid))).toEqual([])
  })

  it('have what is known of their modules in files of their own, which are for the host alone', async ({ expect }) => {
    const state = join(host.files.folder, 'state', 'tenants')
    expect(readdirSync(state).toSorted()).toEqual(['acme', 'globex', 'soylent'])
    for (const name of ['acme', 'globex']) expect(statSync(join(state, name)).mode & 0o077).toBe(0)
    await eventually(() => expect(readFileSync(join(state, 'globex', 'describe.json'), 'utf8')).toContain('same.py'))
    expect(readFileSync(join(state, 'globex', 'describe.json'), 'utf8')).not.toContain('acme')
  })

  it('get no lines of the other, also under the same id of a request', async ({ expect }) => {
    const asked = await Promise.all(['acme', 'globex'].map(async (name) => {
      const headers = { 'authorization': host.files.basic(name), 'content-type': 'application/json', 'x-request-id': 'same-id' }
      const response = await fetch(host.url('/api/v1/modules/logs/query'), { method: 'POST', headers, body: JSON.stringify({ text: `line of ${name}` }) })
      return await response.json() as { log: string[]; requestId: string }
    }))
    expect(asked.map(({ log, requestId }) => [requestId, log])).toEqual([['same-id', ['line of acme']], ['same-id', ['line of globex']]])
    const printed = host.lines.filter(({ msg }) => String(msg).startsWith('line of'))
    expect(printed.map(({ tenant, msg }) => `${String(tenant)}: ${String(msg)}`).toSorted()).toEqual(['acme: line of acme', 'globex: line of globex'])
  })

  it('have counters of their own, and the operator those of both by name', async ({ expect }) => {
    await host.ask('acme', 'acme_only')
    const read = async (name: string, path: string) => (await host.get(name, path)).body
    for (const path of ['/metrics', '/statistics', '/api/v1/status', '/api/v1/modules', '/modules', '/openapi.json', '/api/v1/openapi.json']) {
      const own = await read('globex', path)
      expect(own.length).toBeGreaterThan(100)
      expect(own.match(/acme\w*/g) ?? [], path).toEqual([])
    }
    expect(await read('acme', '/metrics')).toMatch(/^misp_module_host_queries_total\{module="acme_only",outcome="success"\} [1-9]/m)
    const operators = await read(OPERATOR, '/metrics')
    expect(operators).toMatch(/^misp_module_host_queries_total\{tenant="acme",module="acme_only",outcome="success"\} [1-9]/m)
    expect(operators).toMatch(/^misp_module_host_queries_total\{tenant="globex",module="same",outcome="success"\} [1-9]/m)
    const statistics = async (name: string) => JSON.parse(await read(name, '/statistics')) as { totals: { queries: number; request_bytes: number; response_time_seconds: { count: number } }; modules: object }
    const [of, both] = [await Promise.all(['acme', 'globex', 'soylent'].map(statistics)), await statistics(OPERATOR)]
    expect(both.totals.queries).toBe(of.reduce((sum, { totals }) => sum + totals.queries, 0))
    expect(both.totals.request_bytes).toBe(of.reduce((sum, { totals }) => sum + totals.request_bytes, 0))
    expect(both.totals.response_time_seconds.count).toBe(both.totals.queries)
    expect(Object.keys(both.modules)).toEqual(expect.arrayContaining(['acme/same', 'globex/same', 'acme/acme_only']))
    expect(JSON.parse(await read(OPERATOR, '/api/v1/status'))).toMatchObject({
      tenants: [{ name: 'acme', modules: { loaded: 6, notLoaded: 1 } }, { name: 'globex', modules: { loaded: 4, notLoaded: 0 } }, { name: 'soylent' }],
      modules: { loaded: 11, notLoaded: [{ tenant: 'acme', name: 'acme_broken' }] },
    })
  })

  it('hear of their own modules, and the operator of those of both', async ({ expect }) => {
    const listen = (name: string) => listenToEvents(host.url('/api/v1/events?since=0'), undefined, { authorization: host.files.basic(name) })
    using acme = await listen('acme')
    using globex = await listen('globex')
    using both = await listen(OPERATOR)
    host.files.save('acme', 'expansion/fresh_of_acme.py', pythonModule('1'))
    host.files.save('globex', 'expansion/fresh_of_globex.py', pythonModule('1'))
    const isFresh = ({ data }: SentEvent) => (data as { module: string }).module.startsWith('fresh')
    await Promise.all([acme.until(1, isFresh), globex.until(1, isFresh)])
    const told = (await both.until(2, isFresh)).map(({ data }) => data as { tenant: string; module: string; file: string })
    expect(told.map(({ tenant, module }) => `${tenant} ${module}`).toSorted()).toEqual(['acme fresh_of_acme', 'globex fresh_of_globex'])
    expect(told[0]?.file).toContain(host.files.folder)
    expect(JSON.stringify(globex.events)).not.toContain('acme')
    expect(JSON.stringify(acme.events)).not.toMatch(/globex|"tenant"/)
    for (const { events } of [acme, globex]) expect(JSON.stringify(events)).not.toContain(host.files.folder)
  })

  it('get the new version of a module of the installation that is saved, and keep the old one where the new one does not load', async ({ expect }) => {
    host.files.save(OPERATOR, 'expansion/shared.py', pythonModule('"of all, again"'))
    await eventually(async () => expect(await host.ask('globex', 'shared')).toBe('{"results":"of all, again"}'), 20_000)
    host.files.save(OPERATOR, 'expansion/shared.py', 'raise ValueError("of all")\n')
    const row = async () => JSON.parse((await host.get('globex', '/api/v1/modules/shared')).body) as object
    await eventually(async () => expect(await row()).toMatchObject({ loaded: true, failure: { error: 'ValueError: of all', file: 'expansion/shared.py' } }), 20_000)
    expect([await host.ask('globex', 'shared'), await host.ask('acme', 'shared')]).toEqual(['{"results":"of all, again"}', '{"results":"taken by acme"}'])
  })

  it('are told nothing of the machine or of others by what fails', async ({ expect }) => {
    for (const path of ['/api/v1/modules/acme_broken', '/api/v1/status']) {
      const { body } = await host.get('acme', path)
      expect(body).toContain('ValueError: of acme')
      expect(body).not.toMatch(new RegExp(`${host.files.folder}|globex|\\.venv|site-packages/runner`))
    }
    const { status, body } = await host.post('acme', '/api/v1/modules/acme_broken/query', {})
    expect([status, JSON.parse(body)]).toEqual([404, expect.objectContaining({ code: 'NOT_LOADED' })])
    expect(body).not.toContain(host.files.folder)
  })

  it('are no longer told of events when their key is taken away or replaced, nor is the operator, and whose key stays is', async ({ expect }) => {
    const listen = (authorization: string, at?: string) => listenToEvents(host.url('/api/v1/events', at), undefined, authorization === '' ? {} : { authorization })
    const [acmes, next] = [host.files.key('acme'), newKey()]
    const hashes = { acme: [host.files.hash('acme'), hashOf(next)], globex: [host.files.hash('globex')] }
    const tenants = (keys: readonly string[]): TenantsOptions['tenants'] => ({ acme: { entry: { keys } }, globex: {}, soylent: { entry: { listen: { socket: 'soylent.sock' } } } })
    await host.reconfigure({ tenants: tenants(hashes.acme) })
    using old = await listen(`Bearer ${acmes}`)
    using other = await listen(`Bearer ${next}`)
    using keyless = await listen('', 'acme')
    using globex = await listen(host.files.basic('globex'))
    using operators = await listen(host.files.basic(OPERATOR))
    expect([old, other, keyless, globex, operators].map(({ status }) => status)).toEqual(Array(5).fill(200))
    const formerly = host.files.basic(OPERATOR)
    host.files.keys.set(OPERATOR, newKey())
    await host.reconfigure({ tenants: tenants(hashes.acme.slice(1)) })
    await Promise.all([old.ended, operators.ended])
    expect([(await listen(`Bearer ${acmes}`)).status, (await listen(formerly)).status]).toEqual([401, 401])
    host.files.save('acme', 'expansion/after_keys.py', pythonModule('1'))
    host.files.save('globex', 'expansion/after_keys.py', pythonModule('1'))
    const isNew = ({ data }: SentEvent): boolean => (data as { module: string }).module === 'after_keys'
    await Promise.all([other, keyless, globex].map((stream) => stream.until(1, isNew)))
    expect([old, operators].flatMap(({ events }) => events.filter(isNew))).toEqual([])
    // With a tenant all that listens to it ends.
    await host.reconfigure({ tenants: { globex: {} } })
    await Promise.all([other.ended, keyless.ended])
    expect((await fetch(host.url('/api/v1/events', 'acme'))).status).toBe(403)
    await host.reconfigure({ tenants: { acme: {}, globex: {} } })
  })

  it('come and go with the configuration: of one that is gone no key opens anything and nothing runs', async ({ expect }) => {
    const pid = (JSON.parse(await host.ask('globex', 'where')) as { results: [number, number] }).results[1]
    expect(alive(pid)).toBe(true)
    await host.reconfigure({ tenants: { acme: {}, initech: { files: { 'expansion/same.py': pythonModule('"of initech"') } } } })
    expect([(await host.get('globex', '/modules')).status, (await fetch(host.url('/modules', 'globex'))).status]).toEqual([401, 403])
    expect(await host.ask('acme', 'same')).toBe('{"results":"of acme"}')
    expect(await host.ask('initech', 'same')).toBe('{"results":"of initech"}')
    await eventually(() => expect(alive(pid)).toBe(false))
    // What is wrong with one of them is its own trouble.
    await host.reconfigure({ tenants: { acme: {}, initech: {}, umbrella: { entry: { roots: ['nowhere'] } } } })
    expect([await host.ask('acme', 'same'), await host.ask('initech', 'same')]).toEqual(['{"results":"of acme"}', '{"results":"of initech"}'])
    expect((await host.get('umbrella', '/modules')).status).toBe(403)
    expect(host.lines.find(({ tenant, level }) => tenant === 'umbrella' && level === 50)).toMatchObject({ err: { message: expect.stringContaining('nowhere to be a folder') } })
    expect((await host.get(OPERATOR, '/metrics')).body).not.toContain('globex')
    // Whose root comes later is served when it has come, and nobody has to say so.
    using _renewals = new Renewals({ renew: (config) => host.tenants.renew(config), renewed: () => {}, takeBack: () => host.tenants.takeBack(), log: pino({ level: 'silent' }) })
    host.files.save('nowhere', 'expansion/same.py', pythonModule('"of umbrella"'))
    await eventually(async () => expect(await host.ask('umbrella', 'same')).toBe('{"results":"of umbrella"}'), 60_000)
    expect(host.tenants.takeBack()).toBe(undefined)
  })
})
