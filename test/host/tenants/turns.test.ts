import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, it } from 'vitest'
import { inTurn, type Use, whoIsBehind } from '../../../host/tenants/turns.ts'

const use = (cores: number, running = 1, behind = false): Use => ({ cores, running, behind })

describe('of the tenants that share the processors', () => {
  it.for([
    ['who asks one query after the other stays in front, whatever that takes', 2, [use(1.2), use(0.1)], [false, false]],
    ['who takes more than an even part with one query goes behind', 2, [use(1.6), use(0)], [true, false]],
    ['who asks for more at once than its part goes behind when it uses it', 2, [use(0.8, 20), use(0.9)], [true, false]],
    ['who waits for the network with many queries stays in front', 2, [use(0.2, 20), use(0.9)], [false, false]],
    ['both go behind where both take too much, and so are alike again', 2, [use(1, 8), use(1, 9)], [true, true]],
    ['who was behind stays there while it still asks for more', 2, [use(0.1, 20, true), use(1)], [true, false]],
    ['who was behind stays there while it still takes half of its part', 2, [use(0.6, 1, true), use(1)], [true, false]],
    ['who was behind comes back when it takes less', 2, [use(0.4, 1, true), use(1)], [false, false]],
    ['who leaves next to nothing to one that is behind may have no more than its part', 2, [use(1.4), use(0.2, 4, true)], [true, true]],
    ['nor may several that do so together', 2, [use(0.9), use(0.9), use(0.01, 4, true)], [true, true, true]],
    ['who is behind and gets a part of what it wants keeps nobody from asking without a pause', 2, [use(1.1), use(0.6, 20, true)], [false, true]],
    ['nobody is behind where there is enough', 16, [use(5, 6), use(6, 7)], [false, false]],
    ['the part is smaller where more are active', 4, [use(0.6, 9), use(0.6, 1), use(0.6), use(0.6), use(0.6), use(0.6), use(0.6), use(0.6)], [true, ...Array<boolean>(7).fill(false)]],
    ['the part is no smaller for those that do nothing', 4, [use(1.4, 1), use(0.01), use(0), use(0), use(0)], [false, false, false, false, false]],
    ['one query at a time is not too much at once, however many are active', 1, [use(0.3), use(0.3), use(0.3)], [false, false, false]],
  ] as const)('%s', ([, processors, uses, expected], { expect }) => {
    expect(whoIsBehind(uses, processors)).toEqual(expected)
  })
})

describe('a request of a tenant', () => {
  const asked = (behind: boolean, destroyed = false): { readonly at: () => number | undefined; readonly asking: number } => {
    let at: number | undefined
    const handle = inTurn(() => { at = performance.now() }, () => behind)
    const asking = performance.now()
    handle({} as IncomingMessage, { destroyed } as ServerResponse)
    return { at: () => at, asking }
  }

  it('is looked at at once, and a while later where the tenant is behind and somebody still waits for the answer', async ({ expect }) => {
    const [first, second, third] = [asked(false), asked(true), asked(true, true)]
    expect([first.at() !== undefined, second.at(), third.at()]).toEqual([true, undefined, undefined])
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect((second.at() ?? 0) - second.asking).toBeGreaterThan(8)
    expect(third.at()).toBeUndefined()
  })
})
