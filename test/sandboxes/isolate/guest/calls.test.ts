import { describe, it } from 'vitest'
import { Calls } from '../../../../sandboxes/isolate/guest/calls.ts'

const LIMITS = { calls: 10, inFlight: 2, timers: 20, timersInFlight: 3, argument: 100, result: 0, logBytes: 0, logLines: 0 }

describe('the calls of a query', () => {
  it('go out a few at a time, the next when one is answered', async ({ expect }) => {
    const { calls, sent } = begun()
    const replies = ['a', 'b', 'c'].map((name) => calls.call('dns', name))
    expect(sent).toEqual(['1 dns a', '2 dns b'])
    calls.settle(2, '{"ok":"for b"}')
    expect(sent).toEqual(['1 dns a', '2 dns b', '3 dns c'])
    calls.settle(1, '{"ok":"for a"}')
    calls.settle(3, '{"ok":"for c"}')
    expect(await Promise.all(replies)).toEqual(['{"ok":"for a"}', '{"ok":"for b"}', '{"ok":"for c"}'])
  })

  it('that call off a request do not wait for those that they end, nor count with them', ({ expect }) => {
    const { calls, sent } = begun()
    for (let id = 1; id <= 10; id += 1) void calls.call('fetch', `{"id":${id}}`)
    void calls.call('fetch', '{"cancel":1}')
    void calls.call('timer', '5')
    expect(sent).toEqual(['1 fetch {"id":1}', '2 fetch {"id":2}', '3 fetch {"cancel":1}', '4 timer 5'])
  })

  it.for(['{"cancel":1,"url":"x"}', '{"cancel":"1"}', '{"cancel":x}', '{"cancel":}', '{"cancel":1 }'])('are no calling off when they say more, as %s', (argument, { expect }) => {
    const { calls, sent } = begun()
    for (let i = 0; i < 2; i += 1) void calls.call('dns', 'x')
    void calls.call('fetch', argument)
    expect(sent).toHaveLength(2)
  })

  it('are refused beyond their number, when they are too long, and when no query runs', async ({ expect }) => {
    const { calls } = begun()
    expect(JSON.parse(await calls.call('dns', 'x'.repeat(101)))).toMatchObject({ code: 'TOO_LARGE' })
    for (let i = 0; i < 10; i += 1) void calls.call('dns', 'x')
    expect(JSON.parse(await calls.call('dns', 'x'))).toMatchObject({ code: 'QUOTA' })
    calls.end()
    expect(JSON.parse(await calls.call('dns', 'x'))).toMatchObject({ code: 'NO_QUERY' })
    calls.begin()
    expect(await Promise.race([calls.call('dns', 'x'), Promise.resolve('went out')])).toBe('went out')
  })
})

function begun(): { calls: Calls; sent: string[] } {
  const sent: string[] = []
  const calls = new Calls({ answer() {}, log() {}, call: (id, kind, argument) => void sent.push(`${id} ${kind} ${argument}`) }, LIMITS)
  calls.begin()
  return { calls, sent }
}
