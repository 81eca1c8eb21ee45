import { afterAll, beforeAll, describe, it } from 'vitest'
import { ANSWERS, FORMS, HostileServer } from '../support/hostile_server.ts'
import { eventually } from '../support/processes.ts'

/** Liveness bounds; a fork server that is stopped is found out after three seconds and replaced within one. */
const SOON_MS = 10_000
const { genericWithResults: crashed, timeout, unavailable } = ANSWERS

/** Whose fault it is cannot be seen where all that share a fork server lose it. */
const PARENT = {
  forkserver: [['SIGKILL', unavailable], ['SIGTERM', unavailable], ['SIGSTOP', unavailable]],
  single: [['SIGKILL', crashed], ['SIGTERM', crashed], ['SIGSTOP', timeout]],
} as const

for (const form of FORMS) {
  describe(`${form}: what a module does to the processes of others is made good`, () => {
    let host: HostileServer
    beforeAll(async () => {
      host = await HostileServer.start({ form, modules: ['kills_parent', 'kills_siblings', 'knocks', 'counter', 'sleeps', 'where'] })
    })
    afterAll(() => host?.[Symbol.asyncDispose]())

    for (const [signal, body] of PARENT[form]) {
      it(`when it sends ${signal} to the parent of its process`, async ({ expect }) => {
        const attack = await host.ask('kills_parent', { signal, timeout: signal === 'SIGSTOP' && form === 'single' ? 2 : 15 })
        expect(attack).toMatchObject({ status: 200, body })
        // These need a new process each, and there is one that is warm.
        const after = await Promise.all([host.neighbour(), host.ask('where'), host.ask('sleeps', { seconds: 0 })])
        expect(after[0]).toContain('echo')
        expect(after[1].body).toContain('"cwd"')
        expect(after[2].body).toBe('{"results":"slept"}')
        for (const { ms } of [attack, after[1], after[2]]) expect(ms).toBeLessThan(SOON_MS)
        await eventually(async () => expect(await host.leftovers()).toEqual([]))
      })
    }

    // Alone in its cell it finds no others and no socket.
    if (form === 'single') return

    it('when it kills the runners of others: queries that run are told, the next ones are right', async ({ expect }) => {
      expect(await host.neighbour()).toContain('echo')
      const running = host.ask('sleeps', { seconds: 30 })
      await eventually(async () => expect((await host.status()).queue.running).toBe(1))
      const { results: killed } = JSON.parse((await host.ask('kills_siblings')).body) as { results: number }
      // At least the one that sleeps and the one that is idle.
      expect(killed).toBeGreaterThan(1)
      expect((await running).body).toBe(crashed)
      await eventually(async () => expect(await host.neighbour()).toContain('echo'))
      expect((await host.ask('sleeps', { seconds: 0 })).body).toBe('{"results":"slept"}')
    })

    it('when it makes connections to the host without end', async ({ expect }) => {
      const before = host.usage().descriptors
      const { results: made } = JSON.parse((await host.ask('knocks')).body) as { results: number }
      expect(made).toBeGreaterThan(500)
      expect((await host.ask('counter')).body).toBe('{"results":1}')
      // The module still holds its ends of them.
      await eventually(() => expect(host.usage().descriptors).toBeLessThan(before + 50))
    })
  })
}
