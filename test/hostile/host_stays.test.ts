import { describe, it } from 'vitest'
import { FORMS, HostileServer } from '../support/hostile_server.ts'
import { eventually } from '../support/processes.ts'

/** Each ends a runner in a way of its own, except those that only make a mess. */
const MESS: readonly (readonly [module: string, request?: object])[] = [
  ['os_exit'],
  ['segfault'],
  ['closes_descriptors'],
  ['kills_group'],
  ['raises_base', { kind: 'SystemExit' }],
  ['forges_frames', { way: 'guess' }],
  ['forges_frames', { way: 'too_long' }],
  ['hang', { timeout: 0.3 }],
  ['signals_itself', { signal: 19, timeout: 0.3 }],
  ['daemon', { pid_file: 'pid' }],
  ['deep_tuples'],
  ['prints_much', { megabytes: 2 }],
  ['eats_memory', { megabytes: 40 }],
  ['opens_descriptors'],
]
const TURNS = { forkserver: 12, single: 3 } as const
/** Sockets of clients come and go, and so does a spare runner with its connections. */
const DESCRIPTORS = 12
const MEGABYTES = 60

for (const form of FORMS) {
  describe(`${form}: the host`, () => {
    it('is what it was, after as many runners have been ended as you like', async ({ expect }) => {
      const modules = [...new Set(MESS.map(([module]) => module))]
      await using host = await HostileServer.start({ form, modules, config: { limits: { memoryMb: 32 } } })
      const once = async (): Promise<void> => {
        const answers = await Promise.all(MESS.map(([module, request]) => host.ask(module, request)))
        expect(answers.map(({ status }) => status)).toEqual(MESS.map(() => 200))
      }
      const settled = async () => {
        await eventually(async () => expect(await host.leftovers()).toEqual([]), 20_000)
        return host.usage()
      }
      await once()
      const before = await settled()
      for (let turn = 0; turn < TURNS[form]; turn += 1) await once()
      const after = await settled()
      expect(after.descriptors).toBeLessThan(before.descriptors + DESCRIPTORS)
      expect(after.megabytes).toBeLessThan(before.megabytes + MEGABYTES)
      expect(await host.neighbour()).toContain('echo')
      expect((await host.status()).queue).toMatchObject({ waiting: 0, running: 0 })
      expect(host.log().filter(({ level }) => Number(level) >= 50)).toEqual([])
    }, 90_000)
  })
}
