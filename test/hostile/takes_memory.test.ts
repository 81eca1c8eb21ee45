import { afterAll, beforeAll, describe, it } from 'vitest'
import { ANSWERS, FORMS, HostileServer } from '../support/hostile_server.ts'
import { eventually } from '../support/processes.ts'

const LIMIT_MB = 100
/** What the whole machine may see of a module at its limit: it is looked at every quarter of a second at least. */
const SOON_MS = 20_000

const CASES: readonly (readonly [how: string, module: string, request: object, says: RegExp])[] = [
  ['on the heap', 'eats_memory', { megabytes: 300 }, /MemoryError/],
  ['in one piece', 'eats_memory', { megabytes: 1, size: 300 }, /MemoryError/],
  ['in shared mappings, which no resource limit counts', 'eats_memory', { megabytes: 300, way: 'shared' }, /MB more than when it was loaded/],
  ['in processes that it starts', 'eats_memory_in_children', { children: 6, megabytes: 50, seconds: 60 }, /MB more than when it was loaded/],
]

for (const form of FORMS) {
  describe(`${form}: a module that takes more memory than it may is stopped`, () => {
    let host: HostileServer
    beforeAll(async () => {
      const modules = Object.fromEntries(['eats_memory', 'eats_memory_in_children'].map((name) => [name, { memoryMb: LIMIT_MB }]))
      host = await HostileServer.start({ form, modules: Object.keys(modules), config: { modules } })
    })
    afterAll(() => host?.[Symbol.asyncDispose]())

    for (const [how, module, request, says] of CASES) {
      it(how, async ({ expect }) => {
        const answer = await host.ask(module, request)
        expect(answer).toMatchObject({ status: 200, body: ANSWERS.genericWithResults })
        expect(answer.ms).toBeLessThan(SOON_MS)
        expect(await host.told(answer)).toMatchObject({ outcome: 'MODULE_OUT_OF_MEMORY', blame: 'module', failure: expect.stringMatching(says) })
        await eventually(async () => expect(await host.leftovers()).toEqual([]))
        expect(await host.neighbour()).toContain('echo')
      })
    }

    it('and one that takes less is not', async ({ expect }) => {
      for (const way of ['heap', 'shared']) expect((await host.ask('eats_memory', { megabytes: 60, way })).body).toBe('{"results":60}')
      expect((await host.ask('eats_memory_in_children', { children: 3, megabytes: 10, seconds: 0.5 })).body).toBe('{"results":"forked"}')
    })

    it('nor is one that gets a large body: it may have eight times that besides', async ({ expect }) => {
      expect((await host.ask('eats_memory', { megabytes: 150, padding: 'x'.repeat(12 << 20) })).body).toBe('{"results":150}')
    })
  })
}
