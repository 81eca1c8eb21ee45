import { it } from 'vitest'
import { CAST_MODULES, HOSTILE_ISOLATES, HostileServer } from '../support/hostile_server.ts'
import { eventually } from '../support/processes.ts'

/** How often each of them: those that end a process cost some ten milliseconds of processor, the others less than one. */
const INVOCATIONS: readonly (readonly [times: number, module: string, request: object])[] = [
  [2400, 'throws_strangely', { how: 'a symbol' }],
  [2400, 'throws_strangely', { how: 'an object without a prototype' }],
  [1600, 'settles_strangely', { how: 'a bigint' }],
  [1600, 'settles_strangely', { how: 'a revoked proxy' }],
  [1600, 'throws', {}],
  [200, 'os_exit', { status: 0 }],
  [200, 'forges_frames', { way: 'guess' }],
]
/** A tenth of them goes before, so that what is made once is there. */
const PARTS = 10
const AT_ONCE = 16
/** Sockets of clients, and a spare runner with its connections. */
const DESCRIPTORS = 12
const MEGABYTES = 60

it('ten thousand hostile invocations leave the host with as many descriptors, processes and as much memory as before (X6)', async ({ expect }) => {
  await using host = await HostileServer.start({
    modules: [...new Set(INVOCATIONS.map(([, module]) => module))], args: ['--modules', HOSTILE_ISOLATES, '--modules', CAST_MODULES], config: { isolates: { spares: 0 }, pool: { idleSeconds: 1 } },
  })
  const part = async (): Promise<void> => {
    const asked = INVOCATIONS.flatMap(([times, module, request]) => Array.from({ length: times / PARTS }, () => [module, request] as const))
    const bodies = new Set<number>()
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (let next = asked.pop(); next !== undefined; next = asked.pop()) bodies.add((await host.ask(...next)).status)
    }))
    expect(bodies).toEqual(new Set([200]))
  }
  const settled = async () => {
    await eventually(async () => {
      expect((await host.status()).pool.runners).toBe(0)
      expect(await host.leftovers()).toEqual([])
    }, 20_000)
    return { ...host.usage(), processes: host.processes().length }
  }
  await part()
  const before = await settled()
  for (let parts = 1; parts < PARTS; parts += 1) await part()
  const after = await settled()
  expect(after.descriptors).toBeLessThan(before.descriptors + DESCRIPTORS)
  expect(after.megabytes).toBeLessThan(before.megabytes + MEGABYTES)
  expect(after.processes).toBeLessThanOrEqual(before.processes + 1)
  expect(await host.neighbour()).toContain('echo')
  expect((await host.status()).queue).toMatchObject({ waiting: 0, running: 0 })
  expect(host.log().filter(({ level }) => Number(level) >= 50)).toEqual([])
}, 300_000)
