import { afterAll, beforeAll, describe, it } from 'vitest'
import type { HostileServer } from '../../support/hostile_server.ts'
import { askFor, expectWell, startIsolates } from '../../support/hostile_isolates.ts'

describe('what a query leaves behind ends with it', () => {
  let host: HostileServer
  beforeAll(async () => {
    host = await startIsolates(['works_on', 'turns_things_around'])
  })
  afterAll(() => host?.[Symbol.asyncDispose]())

  it('calls and timers of a query that has answered tell the next query nothing, on the same isolate', async ({ expect }) => {
    const first = await askFor(host, 'works_on', 'leaves work', { secret: 'a-secret' })
    expect(first).toMatchObject({ outcome: 'success', results: 'left' })
    const next = await askFor(host, 'works_on', 'waits')
    expect(next.outcome).toBe('success')
    // What was refused before the first query was over was heard in its own time.
    expect((next.results as string[]).filter((what) => what !== 'fetch')).toEqual([])
    expect(host.printed(next.answer).join()).not.toContain('a-secret')
    await expectWell(host)
  })

  it('nothing runs when memory is collected, which is in nobody’s time', async ({ expect }) => {
    expect(await askFor(host, 'works_on', 'watches what is collected')).toMatchObject({ outcome: 'success', results: 'nothing to watch with' })
    expect(await askFor(host, 'works_on', 'answers')).toMatchObject({ outcome: 'success', results: 'well' })
  })

  it('changed prototypes and globals reach neither the host nor another module (T1, B1)', async ({ expect }) => {
    expect(await askFor(host, 'turns_things_around', 'tampers')).toMatchObject({ outcome: 'success', answer: { body: '{"forged":true}' } })
    // It stays so for the module, which answers on and logs on under its own queries.
    const logs = await askFor(host, 'turns_things_around', 'logs')
    expect(logs.outcome).toBe('success')
    expect(host.printed(logs.answer)).toEqual(['a line', 'another', 'a third'])
    expect(await askFor(host, 'turns_things_around', 'asks')).toMatchObject({ outcome: 'success' })
    expect(await askFor(host, 'works_on', 'answers')).toMatchObject({ results: 'well' })
    await expectWell(host)
  })
})
