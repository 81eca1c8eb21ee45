import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { alive, eventually } from '../support/processes.ts'
import { startOf } from '../../sandboxes/process/process_start.ts'
import { ANSWERS, HostileServer } from '../support/hostile_server.ts'
import { Latch } from '../support/latch.ts'
import { newState } from '../support/our_server.ts'
import { get, open, post } from '../support/raw_http.ts'

const { shuttingDown } = ANSWERS
const WAITED = '{"results":"waited"}'
const GRACE = 5

describe('SIGTERM', () => {
  it('lets queries that run end within the grace period, answers all others, and leaves nothing', async ({ expect }) => {
    await using host = await HostileServer.start({
      modules: ['waits_for_file', 'hang'],
      config: { server: { graceSeconds: GRACE }, modules: { waits_for_file: { runners: 1 } } },
    })
    using latch = new Latch()
    const waiting = { module: 'waits_for_file', file: latch.file }
    using idle = await open(host.server.port)
    idle.write(get('/healthcheck'))
    expect((await idle.read())?.status).toBe(200)
    using half = await open(host.server.port)
    const request = post('/query', '{"module":"echo"}')
    half.write(request.subarray(0, -5))
    const hangs = host.ask('hang')
    await eventually(async () => expect((await host.status()).queue.running).toBe(1))
    using kept = await open(host.server.port)
    kept.write(post('/query', JSON.stringify(waiting)))
    await eventually(async () => expect((await host.status()).queue.running).toBe(2))
    const waits = host.ask('waits_for_file', waiting)
    await eventually(async () => expect((await host.status()).queue).toMatchObject({ running: 2, waiting: 1 }))

    const began = performance.now()
    process.kill(host.pid, 'SIGTERM')
    // Waits in the queue: refused at once. Arrives afterwards: refused too.
    expect((await waits).body).toBe(shuttingDown)
    half.write(request.subarray(-5))
    const refused = await half.read()
    expect([refused?.body.toString(), refused?.headers['connection']]).toEqual([shuttingDown, 'close'])
    // Nobody asks anything there: closed.
    expect(await idle.read()).toBeUndefined()
    await expect(open(host.server.port)).rejects.toThrow('ECONNREFUSED')
    // Ran when the signal came: answered as if there had been none, and the connection is closed.
    latch.open()
    expect((await kept.read())?.body.toString()).toBe(WAITED)
    expect(await kept.read()).toBeUndefined()
    // Ran longer than the grace period: told so, and not cut off.
    expect((await hangs).body).toBe(shuttingDown)
    expect(performance.now() - began).toBeGreaterThan((GRACE - 0.5) * 1000)
    expect(await host.server.exited).toBe(0)
    await eventually(() => expect(host.processes()).toEqual([]))
  })
})

describe('SIGINT, a second time', () => {
  it('ends the host at once and leaves no process', async ({ expect }) => {
    await using host = await HostileServer.start({ modules: ['hang'], config: { server: { graceSeconds: 60 } } })
    const hangs = host.ask('hang').then(({ body }) => body, () => 'cut off')
    await eventually(async () => expect((await host.status()).queue.running).toBe(1))
    process.kill(host.pid, 'SIGINT')
    await eventually(() => expect(host.server.log()).toContain('queries that run are waited for'))
    process.kill(host.pid, 'SIGINT')
    expect(await host.server.exited).toBe(130)
    expect(await hangs).toMatch(/cut off|shutting down/)
    await eventually(() => expect(host.processes()).toEqual([]))
  })
})

for (const form of ['forkserver', 'single'] as const) {
  describe(`${form}: SIGKILL`, () => {
    it('of the host leaves no process, not even one that a module has started, and the next start clears up', async ({ expect }) => {
      const state = await newState()
      const runs = () => readdirSync(join(state, 'run'))
      try {
        await using host = await HostileServer.start({ form, modules: ['hang', 'eats_memory_in_children'], state })
        const lost = [host.ask('hang'), host.ask('eats_memory_in_children', { children: 3, megabytes: 1, seconds: 60 })]
        for (const each of lost) each.catch(() => {})
        await eventually(async () => {
          expect(host.strays().length).toBe(3)
          expect((await host.status()).queue.running).toBe(2)
        })
        const [run] = runs()
        expect(run).toMatch(/^\d+-\d+$/)
        // Of another that still runs: ours.
        mkdirSync(join(state, 'run', `${process.pid}-${startOfOurs()}`))
        process.kill(host.pid, 'SIGKILL')
        await Promise.all(lost.map(async (each) => await expect(each).rejects.toThrow()))
        await eventually(() => expect(host.processes()).toEqual([]))
        expect(existsSync(join(state, 'run', run as string))).toBe(true)

        await using next = await HostileServer.start({ form, modules: [], state })
        expect(await next.neighbour()).toContain('echo')
        expect(runs()).not.toContain(run)
        expect(runs()).toContain(`${process.pid}-${startOfOurs()}`)
        expect(alive(next.pid)).toBe(true)
      } finally {
        rmSync(state, { recursive: true, force: true })
      }
    })
  })
}

function startOfOurs(): string {
  return startOf(process.pid) ?? ''
}
