import { afterAll, beforeAll, describe, it } from 'vitest'
import type { HostileServer } from '../../support/hostile_server.ts'
import { askFor, expectWell, startIsolates } from '../../support/hostile_isolates.ts'
import { eventually } from '../../support/processes.ts'
import { serve } from '../../sandboxes/egress/servers.ts'

describe('a query that ends or outlasts its runner', () => {
  let host: HostileServer
  beforeAll(async () => {
    host = await startIsolates(['ends_its_process', 'cannot_be_stopped', 'answers_too_much', 'takes_memory'], {
      isolates: { offHeapMb: 4096 },
      modules: { ends_its_process: { networks: ['127.0.0.0/8'] } },
    })
  })
  afterAll(() => host?.[Symbol.asyncDispose]())

  it('takes the queries next to it along, none of which is begun a second time, and afterwards runs apart (J9)', async ({ expect }) => {
    const begun: (string | undefined)[] = []
    await using server = await serve((request, response) => {
      begun.push(request.url)
      response.end()
    })
    const next = askFor(host, 'ends_its_process', 'tells of itself and waits', { tell: `${server.url}/next`, timeout: 20 })
    await eventually(() => expect(begun).toEqual(['/next']))
    const ends = askFor(host, 'ends_its_process', 'tells of itself and splits a text that is too long', { tell: `${server.url}/ends`, timeout: 20 })
    expect([(await ends).outcome, (await next).outcome]).toEqual(['MODULE_CRASHED', 'MODULE_CRASHED'])
    const apart = await Promise.all([1, 2].map(() => askFor(host, 'ends_its_process', 'waits', { ms: 1500, timeout: 20 })))
    expect(apart.map(({ outcome }) => outcome)).toEqual(['success', 'success'])
    // Others were begun and answered since: these would have been as well.
    expect(begun).toEqual(['/next', '/ends'])
    await expectWell(host)
  })

  it('is killed where V8 does not stop it, while others answer (J6)', async ({ expect }) => {
    const stuck = askFor(host, 'cannot_be_stopped', 'looks through an array that is too long', { timeout: 1 })
    expect(await host.neighbour()).toContain('echo')
    const { answer, outcome } = await stuck
    expect(outcome).toBe('MODULE_TIMED_OUT')
    expect(answer.ms).toBeLessThan(15_000)
    expect(await askFor(host, 'cannot_be_stopped', 'answers')).toMatchObject({ outcome: 'success', results: 'well' })
    await expectWell(host)
  })

  it('an answer of 200 MB is refused inside of the isolate, or is more than its memory (J17)', async ({ expect }) => {
    const { outcome } = await askFor(host, 'answers_too_much', '200 MB', { timeout: 20 })
    expect(['OUTPUT_TOO_LARGE', 'MODULE_OUT_OF_MEMORY']).toContain(outcome)
    await expectWell(host)
  })

  it.for(['a little too much', 'what toJSON makes of it'])('an answer of %s is refused inside of the isolate (J17)', async (how, { expect }) => {
    expect(await askFor(host, 'answers_too_much', how, { timeout: 20 })).toMatchObject({ outcome: 'OUTPUT_TOO_LARGE' })
    await expectWell(host)
  })

  it('buffers do not grow (J11)', async ({ expect }) => {
    expect(await askFor(host, 'takes_memory', 'of buffers that are told to grow')).toMatchObject({ results: '64 that do not grow' })
  })
})
