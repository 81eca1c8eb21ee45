import { afterAll, beforeAll, describe, it } from 'vitest'
import type { HostileServer } from '../../support/hostile_server.ts'
import { startStrict, Surroundings } from '../../support/strict_server.ts'

const MEGABYTE = 1 << 20

describe('what nobody says of a module of strangers', () => {
  let host: HostileServer
  beforeAll(async () => {
    host = await startStrict(['spends'], { config: { modules: { spends: { cpuSeconds: 1 } } } })
  })
  afterAll(() => host?.[Symbol.asyncDispose]())

  it('is less than for those of colleagues', async ({ expect }) => {
    const detail = await (await fetch(host.url('/api/v1/modules/spends'))).json() as { limits: object }
    expect(detail.limits).toMatchObject({ timeoutSeconds: 60, cpuSeconds: 1, memoryMb: 512, outputBytes: 8 * MEGABYTE })
  })

  it('holds for its answer', async ({ expect }) => {
    const surroundings = new Surroundings(host)
    expect((await host.ask('spends', { bytes: 7 * MEGABYTE })).body.length).toBe(7 * MEGABYTE + '{"results":""}'.length)
    expect(await host.told(await host.ask('spends', { bytes: 9 * MEGABYTE }))).toMatchObject({ outcome: 'OUTPUT_TOO_LARGE', blame: 'module' })
    await surroundings.expectAsBefore()
  })

  it('holds for its processor time, which is not the time that it waits, also where it has lifted its own limit', async ({ expect }) => {
    const surroundings = new Surroundings(host)
    expect((await host.ask('spends', { sleep: 4, bytes: 1 })).body).toBe('{"results":"x"}')
    for (const lift of [false, true]) {
      const answer = await host.ask('spends', { spin: 30, lift })
      expect(await host.told(answer)).toMatchObject({ outcome: 'MODULE_TIMED_OUT', blame: 'module' })
      expect(answer.ms).toBeLessThan(25_000)
    }
    await surroundings.expectAsBefore()
  })
})
