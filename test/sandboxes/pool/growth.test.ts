import { describe, it } from 'vitest'
import { runnersToStart, type Demand } from '../../../sandboxes/pool/growth.ts'

const DEMAND: Demand = { waiting: 20, live: 2, starting: 0, most: 32, cores: 2, shared: false, waitedMs: 20, hostLoad: 0.3 }

describe('how many runners are started', () => {
  it('is one a core at once, and as many again as there are when queries had to wait', ({ expect }) => {
    expect(runnersToStart({ ...DEMAND, live: 0, waitedMs: 0 })).toBe(2)
    expect(runnersToStart({ ...DEMAND, waitedMs: 0 })).toBe(0)
    expect(runnersToStart(DEMAND)).toBe(2)
    expect(runnersToStart({ ...DEMAND, live: 8 })).toBe(8)
  })

  it('is never more than wait, than the module may have, or than are started already', ({ expect }) => {
    expect(runnersToStart({ ...DEMAND, live: 8, waiting: 3 })).toBe(3)
    expect(runnersToStart({ ...DEMAND, live: 30 })).toBe(2)
    expect(runnersToStart({ ...DEMAND, live: 32 })).toBe(0)
    expect(runnersToStart({ ...DEMAND, starting: 1 })).toBe(0)
  })

  it('is none while the host itself is what queries wait for, unless they wait for long', ({ expect }) => {
    expect(runnersToStart({ ...DEMAND, hostLoad: 0.95 })).toBe(0)
    expect(runnersToStart({ ...DEMAND, hostLoad: 0.95, waitedMs: 150 })).toBe(2)
  })

  it('is one where a runner takes several queries, until those that it has no room for have waited for longer than it is quick', ({ expect }) => {
    expect(runnersToStart({ ...DEMAND, shared: true, live: 0, waitedMs: 0 })).toBe(1)
    expect(runnersToStart({ ...DEMAND, shared: true, live: 1 })).toBe(0)
    expect(runnersToStart({ ...DEMAND, shared: true, live: 1, waitedMs: 60 })).toBe(1)
  })
})
