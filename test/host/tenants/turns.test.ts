import { describe, it } from 'vitest'
import { type Use, whoIsBehind } from '../../../host/tenants/turns.ts'

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
    ['nobody is behind where there is enough', 16, [use(5, 6), use(6, 7)], [false, false]],
    ['the part is smaller where more are active', 4, [use(0.6, 9), use(0.6, 1), use(0.6), use(0.6), use(0.6), use(0.6), use(0.6), use(0.6)], [true, ...Array<boolean>(7).fill(false)]],
    ['the part is no smaller for those that do nothing', 4, [use(1.4, 1), use(0.01), use(0), use(0), use(0)], [false, false, false, false, false]],
    ['one query at a time is not too much at once, however many are active', 1, [use(0.3), use(0.3), use(0.3)], [false, false, false]],
  ] as const)('%s', ([, processors, uses, expected], { expect }) => {
    expect(whoIsBehind(uses, processors)).toEqual(expected)
  })
})
