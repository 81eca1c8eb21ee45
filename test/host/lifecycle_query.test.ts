import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { ANSWERS, HostileServer } from '../support/hostile_server.ts'
import { eventually } from '../support/processes.ts'
import { open, post } from '../support/raw_http.ts'

describe.concurrent('a query', () => {
  let host: HostileServer
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'query-'))
    // The modules have another account.
    chmodSync(folder, 0o777)
    host = await HostileServer.start({ modules: ['writes_file', 'hang', 'sleeps'], config: { modules: { sleeps: { timeout: 2 } } } })
  })
  afterAll(async () => {
    await host?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  it('goes on when its client has left, and ends with its handler', async ({ expect }) => {
    const file = join(folder, 'left')
    {
      using wire = await open(host.server.port)
      wire.write(post('/query', JSON.stringify({ module: 'writes_file', file, seconds: 4 })))
      await eventually(() => expect(existsSync(`${file}.begun`)).toBe(true))
    }
    expect(existsSync(file)).toBe(false)
    await eventually(() => expect(existsSync(file)).toBe(true))
  })

  it('that has no time is answered and never begun', async ({ expect }) => {
    for (const timeout of [0, -1, -0.5]) {
      const file = join(folder, `never${timeout}`)
      const answer = await host.ask('writes_file', { file, timeout })
      expect(answer).toMatchObject({ status: 200, body: ANSWERS.timeout })
      expect(await host.told(answer)).toMatchObject({ outcome: 'MODULE_TIMED_OUT' })
      // One that comes later has begun and ended: if the other was ever to begin, it would have.
      await host.ask('writes_file', { file: `${file}.after` })
      expect([existsSync(`${file}.begun`), existsSync(`${file}.after`)]).toEqual([false, true])
    }
  })

  it('is answered before the time is up that its client has set', async ({ expect }) => {
    // The first request of a process takes longer than others, and its clock is the client's.
    await host.neighbour()
    const timeout = 10
    const answer = await host.ask('hang', { timeout })
    expect(answer).toMatchObject({ status: 200, body: ANSWERS.timeout })
    expect(answer.ms).toBeLessThan(timeout * 1000)
    // And not much before: a twentieth.
    expect(answer.ms).toBeGreaterThan(timeout * 1000 * 0.9)
  })

  it('has no more time than the operator allows', async ({ expect }) => {
    for (const timeout of [undefined, 200]) {
      const answer = await host.ask('sleeps', { seconds: 100, ...(timeout !== undefined && { timeout }) })
      expect(answer).toMatchObject({ status: 200, body: ANSWERS.timeout })
      expect(answer.ms).toBeGreaterThan(1900)
      expect(await host.told(answer)).toMatchObject({ outcome: 'MODULE_TIMED_OUT' })
    }
  })
})
