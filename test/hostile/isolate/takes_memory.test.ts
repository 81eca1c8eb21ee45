import { afterAll, beforeAll, describe, it } from 'vitest'
import type { HostileServer } from '../../support/hostile_server.ts'
import { askFor, expectWell, startIsolates } from '../../support/hostile_isolates.ts'

/** A machine that does other things may need the whole time for what takes so much memory. */
const ENDS = ['MODULE_OUT_OF_MEMORY', 'MODULE_TIMED_OUT', 'MODULE_CRASHED', 'MODULE_THREW']

describe('a query that takes memory without end is ended, and others answer (J7, J10, J14)', () => {
  let host: HostileServer
  beforeAll(async () => {
    host = await startIsolates(['takes_memory', 'nests_deeply'])
  })
  afterAll(() => host?.[Symbol.asyncDispose]())

  it.for([
    'of arrays', 'of strings', 'of symbols', 'of promises', 'of one array that is filled', 'of typed arrays, outside of the heap',
    'of buffers that are transferred and sliced',
  ])('%s', async (how, { expect }) => {
    const { outcome, blame } = await askFor(host, 'takes_memory', how, { timeout: 3 })
    expect(ENDS).toContain(outcome)
    expect(blame).toBe('module')
    await expectWell(host)
    expect(host.usage().megabytes).toBeLessThan(400)
  })

  it.for(['calls', 'JSON that is read', 'an answer', 'a circle', 'source', 'a pattern'])('nested: %s', async (how, { expect }) => {
    const { outcome } = await askFor(host, 'nests_deeply', how, { timeout: 3 })
    expect([...ENDS, 'BAD_RESULT', 'success']).toContain(outcome)
    await expectWell(host)
  })
})
