import { mkdtempSync, readFileSync, rmSync, chmodSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { FORMS, HostileServer } from '../support/hostile_server.ts'
import { alive, eventually } from '../support/processes.ts'

/** A liveness bound: what is still a runner's own child is found when the runner has rested for some seconds. */
const GONE_MS = 15_000

for (const form of FORMS) {
  describe(`${form}: nothing that a module leaves behind outlives its query for long`, () => {
    let host: HostileServer
    let folder: string
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'leaves-'))
      // The modules have another account.
      chmodSync(folder, 0o777)
      host = await HostileServer.start({ form, modules: ['daemon', 'family', 'eats_memory_in_children', 'spins_after_the_end', 'os_exit'] })
    })
    afterAll(async () => {
      await host?.[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    })

    it('a daemon in a session of its own', async ({ expect }) => {
      const file = join(folder, 'pid')
      expect((await host.ask('daemon', { pid_file: file })).body).toBe('{"results":"left behind"}')
      const pid = Number(readFileSync(file, 'utf8'))
      await eventually(() => expect(alive(pid)).toBe(false))
    })

    it('a family of forty, each in a session of its own', async ({ expect }) => {
      const most = host.ask('family', { generations: 3 })
      await eventually(() => expect(host.strays().length).toBeGreaterThan(30))
      expect((await most).body).toBe('{"results":"left behind"}')
      await eventually(async () => expect(await host.leftovers()).toEqual([]), GONE_MS)
    })

    it('children of its process, and a thread that works on', async ({ expect }) => {
      expect(await host.neighbour()).toContain('echo')
      expect((await host.ask('spins_after_the_end')).body).toBe('{"results":"started"}')
      // The children last: they are there for some seconds only.
      expect((await host.ask('eats_memory_in_children', { children: 3, megabytes: 10 })).body).toBe('{"results":"forked"}')
      expect(host.strays().length).toBe(3)
      await eventually(async () => {
        // A runner that does rest is left alone.
        expect((await host.status()).pool.runnersByModule).toEqual({ echo: 1 })
        expect(await host.leftovers()).toEqual([])
      }, GONE_MS)
    })
  })
}
