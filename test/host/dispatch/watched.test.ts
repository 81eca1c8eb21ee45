import { describe, it } from 'vitest'
import { Watched } from '../../../host/dispatch/watched.ts'
import type { Audit } from '../../../sandboxes/egress/gate/messages.ts'

const CAPS = { lines: 10, bytes: 1000 }
const DENIED: Audit = {
  door: 'd', tenant: 'acme', module: 'asks', query: 'one', verb: 'GET', host: 'other.test', port: 80, verdict: 'denied', why: 'the module may not reach other.test', sent: 0, received: 0, ms: 1,
}

describe('the log of a query that is watched', () => {
  it('has what its module was refused of the network, and of those requests that are of this query', ({ expect }) => {
    const watched = new Watched()
    using one = watched.watch({ id: 'one', module: 'asks' }, CAPS)
    using two = watched.watch({ id: 'two', module: 'asks' }, CAPS)
    watched.printed('one', 'printed')
    watched.asked(DENIED)
    watched.asked({ ...DENIED, verdict: 'quota', why: 'too many', query: 'two' })
    expect([one.log, two.log]).toEqual([['printed', 'the module may not reach other.test'], ['too many']])
  })

  it('has nothing of what was let through or failed in another way, of another module that says its id, or of requests that say none', ({ expect }) => {
    const watched = new Watched()
    using one = watched.watch({ id: 'one', module: 'asks' }, CAPS)
    const { query: _, ...withoutId } = DENIED
    const { why: __, ...allowed } = DENIED
    for (const audit of [{ ...DENIED, module: 'other' }, withoutId, { ...allowed, verdict: 'allowed' }, { ...DENIED, verdict: 'unreachable' }, { ...DENIED, query: 'gone' }] as const) watched.asked(audit)
    expect(one.log).toEqual([])
  })

  it('has no more than its caps, whatever was refused', ({ expect }) => {
    const watched = new Watched()
    using one = watched.watch({ id: 'one', module: 'asks' }, { lines: 2, bytes: 1000 })
    for (let at = 0; at < 5; at += 1) watched.asked(DENIED)
    expect(one.log).toHaveLength(2)
  })
})
