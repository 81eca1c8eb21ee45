import { describe, it } from 'vitest'
import { useGuest } from './guest.ts'

const guest = useGuest()

describe('the globals of the web in an isolate', () => {
  it('are those of the list, and nothing is left besides', async ({ expect }) => {
    const { added, names } = await guest.run('return { added, names }') as { added: string[]; names: string[] }
    expect(added.toSorted()).toEqual(names)
    expect(await guest.run('return added.filter((name) => Object.keys(globalThis).includes(name))')).toEqual([])
  })

  it('are small enough to be made for each isolate', ({ expect }) => {
    expect(guest.bundle().length).toBeLessThan(200_000)
  })
})
