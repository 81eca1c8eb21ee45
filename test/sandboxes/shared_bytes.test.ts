import { describe, it } from 'vitest'
import { SharedBytes } from '../../sandboxes/shared_bytes.ts'

describe('a bound of bytes that several share', () => {
  it('is of one alone as a whole, and of no more', ({ expect }) => {
    const share = new SharedBytes(12).share()
    expect([share.take(10), share.take(3), share.take(2), share.take(1)]).toEqual([true, false, true, false])
    share.give(5)
    expect([share.held(), share.take(5)]).toEqual([7, true])
  })

  it('has for each an equal part, whatever the others hold', ({ expect }) => {
    const all = new SharedBytes(12)
    const [first, second, third] = [all.share(), all.share(), all.share()]
    expect([first.take(12), second.take(7), second.take(6), third.take(5), third.take(4)]).toEqual([true, false, true, false, true])
    expect(all.held()).toBe(22)
    // Until the first is within its part again it gets nothing.
    first.give(6)
    expect([first.take(1), second.take(1)]).toEqual([false, false])
    second.give(6)
    third.give(4)
    expect([first.take(6), all.held()]).toEqual([true, 12])
  })

  it('lets in who waits when there is room, in the order of each share, and nobody who waits no longer', ({ expect }) => {
    const all = new SharedBytes(12)
    const [first, second] = [all.share(), all.share()]
    const entered: string[] = []
    const enter = (share: typeof first, name: string, bytes: number) => share.enter(bytes, () => entered.push(name))
    const large = enter(first, 'at once', 10)
    const [never, next, small] = [enter(first, 'never', 9), enter(first, 'next', 8), enter(first, 'small', 1)]
    const other = enter(second, 'other', 7)
    expect([large, never, next, small, other].map(({ waits }) => waits)).toEqual([false, true, true, true, true])
    never.leave()
    expect(entered).toEqual([])
    large.leave()
    expect(entered).toEqual(['next', 'small'])
    next.leave()
    expect([entered, all.held(), other.waits]).toEqual([['next', 'small', 'other'], 8, false])
    small.leave()
    other.leave()
    expect(all.held()).toBe(0)
  })

  it('lets in what is larger than itself when nothing else is held', ({ expect }) => {
    const all = new SharedBytes(12)
    const [first, second] = [all.share(), all.share()]
    const small = first.enter(1, () => {})
    const large = second.enter(100, () => {})
    expect([large.waits, second.take(100)]).toEqual([true, false])
    small.leave()
    expect([large.waits, all.held()]).toEqual([false, 100])
    expect([first.take(6), first.take(1)]).toEqual([true, false])
  })

  it('counts what is held without room', ({ expect }) => {
    const all = new SharedBytes(12)
    const share = all.share()
    share.hold(20)
    const waiting = share.enter(3, () => {})
    expect([share.take(1), waiting.waits]).toEqual([false, true])
    share.give(10)
    expect([waiting.waits, all.held()]).toEqual([true, 10])
    share.give(10)
    expect([waiting.waits, all.held()]).toEqual([false, 3])
  })
})
