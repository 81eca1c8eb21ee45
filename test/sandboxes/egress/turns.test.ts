import { describe, it } from 'vitest'
import { Budget } from '../../../sandboxes/egress/gate/budget.ts'
import { Turns } from '../../../sandboxes/egress/turns.ts'

const forever = new AbortController().signal

describe('look-ups that nobody answers', () => {
  it('are two at a time for a tenant, and the next waits within its own time', async ({ expect }) => {
    const { lookups } = new Budget()
    const ends: (() => void)[] = []
    const look = (signal: AbortSignal): Promise<void> => lookups.take(() => new Promise<void>((resolve) => { ends.push(resolve) }), signal)
    const first = look(forever)
    void look(forever)
    await expect(look(AbortSignal.timeout(50))).rejects.toThrow('timeout')
    expect(ends).toHaveLength(2)
    const next = look(forever)
    ends[0]?.()
    await first
    await Promise.resolve()
    ends[2]?.()
    await next
  })

  it('keep their turn when whoever asked has left, until they are over', async ({ expect }) => {
    const turns = new Turns(1)
    const { promise, resolve } = Promise.withResolvers<string>()
    await expect(turns.take(() => promise, AbortSignal.timeout(10))).rejects.toThrow('timeout')
    let began = false
    const next = turns.take(() => Promise.resolve(began = true), forever)
    await new Promise((done) => setTimeout(done, 20))
    expect(began).toBe(false)
    resolve('late')
    expect(await next).toBe(true)
  })

  it('that fail give their turn to the next', async ({ expect }) => {
    const turns = new Turns(1)
    await expect(turns.take(() => Promise.reject(new Error('gone')), forever)).rejects.toThrow('gone')
    expect(await turns.take(() => Promise.resolve('here'), forever)).toBe('here')
  })
})
