import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { ANSWERS, HostileServer } from '../support/hostile_server.ts'
import { Latch } from '../support/latch.ts'
import { eventually } from '../support/processes.ts'

const { busy, generic, genericWithResults } = ANSWERS
const MEGABYTE = 1 << 20

describe('a limit is met by exceeding it:', () => {
  let host: HostileServer
  let folder: string
  beforeAll(async () => {
    const [, most = '0'] = /^Max core file size +\S+ +(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    execFileSync('prlimit', ['--pid', String(process.pid), `--core=${most}`])
    folder = mkdtempSync(join(tmpdir(), 'cores-'))
    // The modules have another account.
    chmodSync(folder, 0o777)
    host = await HostileServer.start({
      modules: ['large_answer', 'fills_disk', 'opens_descriptors', 'aborts', 'sleeps', 'waits_for_file'],
      config: {
        limits: { outputMb: 1, fileMb: 2, descriptors: 64 },
        server: { bodiesMb: 8 },
        queue: { queries: 3, bodiesMb: 1 },
        modules: { sleeps: { runners: 1 }, waits_for_file: { runners: 1 } },
      },
    })
  })
  afterAll(async () => {
    await host?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  it('bytes of an answer', async ({ expect }) => {
    // A megabyte of text is two quotes more as JSON.
    for (const megabytes of [1, 3]) {
      const answer = await host.ask('large_answer', { megabytes })
      expect(answer).toMatchObject({ status: 200, body: genericWithResults })
      expect(await host.told(answer)).toMatchObject({ outcome: 'OUTPUT_TOO_LARGE', blame: 'module' })
    }
    expect((await host.ask('large_answer', { megabytes: 0 })).body).toBe('""')
  })

  it('bytes of a file', async ({ expect }) => {
    const answer = await host.ask('fills_disk', { megabytes: 3 })
    expect(answer).toMatchObject({ status: 200, body: generic })
    expect(await host.told(answer)).toMatchObject({ outcome: 'MODULE_THREW', failure: expect.stringContaining('File too large') })
    expect((await host.ask('fills_disk', { megabytes: 1 })).body).toBe('{"results":"filled"}')
  })

  it('descriptors that are open', async ({ expect }) => {
    const { results } = JSON.parse((await host.ask('opens_descriptors')).body) as { results: number }
    expect(results).toBeGreaterThan(30)
    expect(results).toBeLessThan(64)
    expect((await host.ask('opens_descriptors')).body).toBe(JSON.stringify({ results }))
  })

  it('runners of one module', async ({ expect }) => {
    const asked = Array.from({ length: 3 }, () => host.ask('sleeps', { seconds: 0.3 }))
    let most = 0
    const over = Promise.all(asked).then(() => true)
    while (!(await Promise.race([over, new Promise<false>((resolve) => setTimeout(() => resolve(false), 20))]))) {
      most = Math.max(most, (await host.status()).pool.runnersByModule['sleeps'] ?? 0)
    }
    expect((await Promise.all(asked)).map(({ body }) => body)).toEqual(asked.map(() => '{"results":"slept"}'))
    expect(most).toBe(1)
  })

  it('queries that wait', async ({ expect }) => {
    using latch = new Latch()
    const first = host.ask('waits_for_file', { file: latch.file })
    await eventually(async () => expect((await host.status()).queue.running).toBe(1))
    const waiting = Array.from({ length: 3 }, () => host.ask('waits_for_file', { file: latch.file }))
    await eventually(async () => expect((await host.status()).queue.waiting).toBe(3))
    const refused = await host.ask('waits_for_file', { file: latch.file })
    expect(refused).toMatchObject({ status: 200, body: busy })
    expect(await host.told(refused)).toMatchObject({ outcome: 'BUSY', blame: 'host' })
    // Those that found a place are served, and so is whoever asks another module.
    expect(await host.neighbour()).toContain('echo')
    latch.open()
    expect((await Promise.all([first, ...waiting])).map(({ body }) => body)).toEqual(Array.from({ length: 4 }, () => '{"results":"waited"}'))
  })

  it('bytes of queries that wait', async ({ expect }) => {
    using latch = new Latch()
    const [{ file }, padding, waited] = [latch, 'x'.repeat(0.75 * MEGABYTE), '{"results":"waited"}']
    const first = host.ask('waits_for_file', { file })
    await eventually(async () => expect((await host.status()).queue.running).toBe(1))
    const second = host.ask('waits_for_file', { file, padding })
    await eventually(async () => expect((await host.status()).queue.waiting).toBe(1))
    expect((await host.ask('waits_for_file', { file, padding })).body).toBe(busy)
    latch.open()
    expect([(await first).body, (await second).body]).toEqual([waited, waited])
    expect((await host.ask('waits_for_file', { file, padding })).body).toBe(waited)
  })

  it('bytes of all bodies together', async ({ expect }) => {
    const refused = await host.ask('echo', { padding: 'x'.repeat(9 * MEGABYTE) })
    expect(refused).toMatchObject({ status: 200, body: busy })
    expect(await host.told(refused)).toMatchObject({ outcome: 'BUSY' })
    // What was held is given back.
    for (let turn = 0; turn < 3; turn += 1) {
      const { body } = await host.ask('large_answer', { megabytes: 0, padding: 'x'.repeat(6 * MEGABYTE) })
      expect(body).toBe('""')
    }
  })

  it('the image of its memory that a process leaves: none, though the host may', async ({ expect }) => {
    const answer = await host.ask('aborts', { folder })
    expect(await host.told(answer)).toMatchObject({ failure: expect.stringContaining('SIGABRT') })
    expect(readdirSync(folder)).toEqual([])
  })
})
