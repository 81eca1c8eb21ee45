import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { ANSWERS, FORMS, HostileServer } from '../support/hostile_server.ts'
import { eventually } from '../support/processes.ts'

const ANSWERED = '{"results":"answered"}'
/** A liveness bound: the query has a second. */
const SOON_MS = 15_000

for (const form of FORMS) {
  describe(`${form}: a runner that reads no more`, () => {
    let host: HostileServer
    beforeAll(async () => {
      host = await HostileServer.start({ form, modules: ['stops_later'] })
    })
    afterAll(() => host?.[Symbol.asyncDispose]())

    it('is ended at the deadline of a query of 4 MB that is sent to it, and the next one is answered (S8)', async ({ expect }) => {
      const before = host.usage().megabytes
      expect((await host.ask('stops_later', { stop: true })).body).toBe(ANSWERED)
      await eventually(() => expect(host.processes().some(isStopped)).toBe(true))
      const answer = await host.ask('stops_later', { timeout: 1, padding: 'x'.repeat(4 << 20) })
      expect(answer).toMatchObject({ status: 200, body: ANSWERS.timeout })
      expect(answer.ms).toBeLessThan(SOON_MS)
      expect(await host.told(answer)).toMatchObject({ outcome: 'MODULE_TIMED_OUT', blame: 'module' })
      expect((await host.ask('stops_later')).body).toBe(ANSWERED)
      expect(await host.neighbour()).toContain('echo')
      await eventually(async () => expect(await host.leftovers()).toEqual([]))
      expect(host.usage().megabytes).toBeLessThan(before + 60)
    })
  })
}

function isStopped(pid: number): boolean {
  try {
    return /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
