import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { isForgotten, makeShelf, queriesAtOnce, runApart, type Shelf } from '../../../sandboxes/pool/shelf.ts'
import type { Unit } from '../../../sandboxes/unit.ts'

const MINUTE_MS = 60_000

/** Of a runtime whose runners take sixteen queries at a time. */
function shelf(): Shelf {
  const runtime = { cells: [{ atOnce: 16 }], smallestCell: () => 0 }
  return makeShelf({ runtime } as unknown as Unit)
}

describe('a module whose queries have harmed each other (J9)', () => {
  beforeEach(() => { vi.useFakeTimers({ toFake: ['performance'] }) })
  afterEach(() => { vi.useRealTimers() })

  it('has one query on a runner for ten minutes, and then as many as before', ({ expect }) => {
    const harmed = shelf()
    expect(queriesAtOnce(harmed)).toBe(16)
    runApart(harmed)
    expect(queriesAtOnce(harmed)).toBe(1)
    vi.advanceTimersByTime(10 * MINUTE_MS - 1)
    expect(queriesAtOnce(harmed)).toBe(1)
    vi.advanceTimersByTime(1)
    expect(queriesAtOnce(harmed)).toBe(16)
  })

  it('has it for ten minutes from the last time', ({ expect }) => {
    const harmed = shelf()
    runApart(harmed)
    vi.advanceTimersByTime(9 * MINUTE_MS)
    runApart(harmed)
    vi.advanceTimersByTime(9 * MINUTE_MS)
    expect(queriesAtOnce(harmed)).toBe(1)
  })

  it('is remembered as that although none of its runners lives', ({ expect }) => {
    const harmed = shelf()
    expect(isForgotten(harmed)).toBe(true)
    runApart(harmed)
    expect(isForgotten(harmed)).toBe(false)
    vi.advanceTimersByTime(10 * MINUTE_MS)
    expect(isForgotten(harmed)).toBe(true)
  })
})
