import { afterAll, afterEach, beforeAll, describe, it } from 'vitest'
import { OPERATOR } from '../../../host/config/tenants.ts'
import { problemIn } from '../../support/api.ts'
import { Latch } from '../../support/latch.ts'
import { eventually } from '../../support/processes.ts'
import { pythonModule, TenantsHost } from '../../support/tenants.ts'

/** A bound for what must not wait for the others, on a machine that is busy with them. */
const SOON_MS = 60_000
const SLEEPS = pythonModule('time.sleep(query["seconds"]) or "slept"')
/** Answers when the latch is open. */
const WAITS = pythonModule('wait(query["file"]) or "waited"', `
def wait(file):
    while not os.path.exists(file):
        time.sleep(0.01)

`)

describe('a tenant that asks too much', () => {
  let host: TenantsHost
  beforeAll(async () => {
    host = await TenantsHost.start({
      // Less than one runner has: what all may have together is used up from the first on.
      config: { pool: { memoryMb: 1 } },
      tenants: {
        acme: { files: { 'expansion/sleeps.py': SLEEPS, 'expansion/quick.py': pythonModule('"quick"') }, entry: { concurrency: 4, queue: { queries: 2000, bodiesMb: 2 } } },
        globex: { files: { 'expansion/quick.py': pythonModule('"quick"') } },
      },
    })
  })
  afterAll(() => host?.[Symbol.asyncDispose]())
  const admission = (at: number) => host.tenants.all[at]!.opened.host.admission.status()

  it('with a thousand queries that wait does not delay the single one of another', async ({ expect }) => {
    const leaving = new AbortController()
    const asked = Array.from({ length: 1000 }, () => fetch(host.url('/query'), {
      method: 'POST', headers: { authorization: host.files.basic('acme') }, body: '{"module":"sleeps","seconds":300}', signal: leaving.signal,
    }).then(() => {}, () => {}))
    await eventually(() => expect(admission(0).waiting + admission(0).running).toBe(1000), 30_000)
    const begun = performance.now()
    // The first has no runner yet, and no memory is left for one; the second finds it.
    expect([await host.ask('globex', 'quick'), await host.ask('globex', 'quick')]).toEqual(Array(2).fill('{"results":"quick"}'))
    expect(performance.now() - begun).toBeLessThan(SOON_MS)
    expect(admission(0).waiting).toBeGreaterThan(990)
    expect(admission(1)).toMatchObject({ waiting: 0, running: 0 })
    // And what the others are told of it is nothing.
    expect((await host.get('globex', '/metrics')).body).toContain('misp_module_host_queue_queries 0')
    expect((await host.get(OPERATOR, '/metrics')).body).toMatch(/queue_queries\{tenant="acme"\} 99\d/)
    leaving.abort()
    await Promise.all(asked)
    await host.reconfigure({ tenants: { globex: {} } })
  })
})

describe('the bounds of a tenant', () => {
  let host: TenantsHost
  beforeAll(async () => {
    host = await TenantsHost.start({
      tenants: {
        acme: { files: { 'expansion/sleeps.py': SLEEPS, 'expansion/waits.py': WAITS, 'expansion/quick.py': pythonModule('"quick"') }, entry: { concurrency: 2, queue: { queries: 3, bodiesMb: 2 } } },
        globex: { files: { 'expansion/quick.py': pythonModule('"quick"'), 'expansion/sleeps.py': SLEEPS } },
      },
    })
  })
  afterAll(() => host?.[Symbol.asyncDispose]())
  afterEach(async () => {
    await eventually(() => { if (status().running + status().waiting > 0) throw new Error('queries of the test before still run') }, 30_000)
  })
  const status = () => host.tenants.all[0]!.opened.host.admission.status()
  const sleep = (seconds: number) => host.post('acme', '/api/v1/modules/sleeps/query', { seconds })
  const wait = ({ file }: Latch, text = '') => host.post('acme', '/api/v1/modules/waits/query', { file, text })

  it('so many of its queries run at a time, whatever waits, and no more', async ({ expect }) => {
    const most: number[] = []
    const looking = setInterval(() => most.push(status().running), 5)
    const asked = [...await Promise.all([sleep(0.3), sleep(0.3), sleep(0.3)]), ...await Promise.all(Array.from({ length: 5 }, () => sleep(0.3)))]
    clearInterval(looking)
    expect(asked.map((each) => each.status)).toEqual(Array(8).fill(200))
    expect(Math.max(...most)).toBe(2)
    // Runners that no query may run on are not started.
    expect(host.tenants.all[0]!.opened.host.pool.status().runners).toBeLessThanOrEqual(2)
  })

  it('its modules take turns: one that has many waiting lets another have its own', async ({ expect }) => {
    const done: string[] = []
    // How long a runner takes to start is another matter: both have theirs.
    expect(await host.ask('acme', 'quick')).toBe('{"results":"quick"}')
    const both = [sleep(1), sleep(1)]
    await eventually(() => expect(status().running).toBe(2))
    const behind = [sleep(1), sleep(1)].map((each) => each.then(() => done.push('sleeps')))
    await eventually(() => expect(status().waiting).toBe(2))
    const quick = host.ask('acme', 'quick').then((answer) => done.push(answer))
    await Promise.all([...both, ...behind, quick])
    expect(done[0]).toBe('{"results":"quick"}')
  })

  it('beyond its queue it alone is refused, with when to come back; MISP gets an answer that it can read', async ({ expect }) => {
    using latch = new Latch()
    const both = [wait(latch), wait(latch)]
    await eventually(() => expect(status().running).toBe(2))
    const behind = [wait(latch), wait(latch), wait(latch)]
    await eventually(() => expect(status().waiting).toBe(3))
    const beyond = await Promise.all([wait(latch), wait(latch), wait(latch)])
    const [compat, globex] = await Promise.all([host.ask('acme', 'waits', { file: latch.file }), host.ask('globex', 'quick')])
    expect(JSON.parse(compat)).toEqual({ error: expect.stringMatching(/at most 3 .*try again/), results: [] })
    expect(globex).toBe('{"results":"quick"}')
    latch.open()
    const codes = [...await Promise.all([...both, ...behind]), ...beyond].map((each) => each.status)
    expect(codes).toEqual([200, 200, 200, 200, 200, 429, 429, 429])
    for (const { status: code, headers, body } of beyond) {
      expect(headers.get('retry-after')).toMatch(/^\d+$/)
      expect(problemIn(new Response(null, { status: code, headers }), body)).toMatchObject({ code: 'QUOTA_EXCEEDED', blame: 'caller', detail: expect.stringContaining('at most 3') })
    }
  })

  it('beyond what it may hold of bodies it alone is refused', async ({ expect }) => {
    const text = 'x'.repeat(1_200_000)
    using latch = new Latch()
    const first = wait(latch, text)
    await eventually(() => expect(status().running).toBe(1))
    const [second, globex] = await Promise.all([wait(latch, text), host.post('globex', '/api/v1/modules/sleeps/query', { seconds: 0, text })])
    latch.open()
    expect([second.status, second.headers.get('retry-after'), globex.status, (await first).status]).toEqual([503, '1', 200, 200])
    expect((await wait(latch, text)).status).toBe(200)
  })
})

describe('fifty tenants', () => {
  it('that ask at once all get their answer: what is left of memory is for nobody alone, and one runner is for each', async ({ expect }) => {
    const names = Array.from({ length: 50 }, (_, at) => `tenant${at}`)
    const declaration = JSON.stringify({
      argv: ['./program.sh'], introspection: { input: ['text'], output: ['text'] }, version: { version: '1', author: 'A', description: 'D', 'module-type': ['expansion'] },
    })
    await using host = await TenantsHost.start({
      config: { pool: { memoryMb: 64 } },
      tenants: Object.fromEntries(names.map((name) => [name, {
        files: { 'expansion/program.module.json': declaration, 'expansion/program.sh': `#!/bin/sh\ncat >/dev/null\nsleep 0.2\nprintf '%s' '{"results":"${name}"}'\n` },
        entry: { listen: undefined },
      }])),
    })
    // Nobody has asked: nothing runs for anybody.
    expect(host.tenants.all.map(({ opened: { host: { pool, cells } } }) => [pool.status().runners, cells.status(), cells.spares()])).toEqual(Array(50).fill([0, [], []]))
    const runners: number[] = []
    const looking = setInterval(() => runners.push(host.tenants.all.reduce((sum, { opened }) => sum + opened.host.pool.status().runners, 0)), 20)
    const answers = await Promise.all(names.map((name) => Promise.all([1, 2, 3].map(() => host.ask(name, 'program')))))
    clearInterval(looking)
    expect(answers).toEqual(names.map((name) => Array(3).fill(`{"results":"${name}"}`)))
    // 64 MB are some ten runners; without bounds there would be three of each.
    expect(Math.max(...runners)).toBeGreaterThan(20)
    expect(Math.max(...runners)).toBeLessThan(75)
  }, 180_000)
})

describe('a tenant whose modules take for ever to load', () => {
  it('does not keep the others from being served, and is told so itself', async ({ expect }) => {
    const hangs = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`expansion/hangs${at}.py`, pythonModule('1', 'time.sleep(60)')]))
    await using host = await TenantsHost.start({
      slow: ['acme'],
      tenants: { acme: { files: hangs }, globex: { files: { 'expansion/quick.py': pythonModule('"quick"') } } },
    })
    expect(await host.ask('globex', 'quick')).toBe('{"results":"quick"}')
    expect(await host.ask('acme', 'hangs0')).toBe('{"error":"The host has too much to do, try again later","results":[]}')
    expect((await host.get('acme', '/modules')).status).toBe(503)
    const { status, headers, body } = await host.get('acme', '/api/v1/modules')
    expect([status, headers.get('retry-after'), JSON.parse(body)]).toEqual([503, '1', expect.objectContaining({ code: 'BUSY', detail: expect.stringContaining('being loaded') })])
  }, 120_000)
})
