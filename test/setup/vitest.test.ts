import { describe, it } from 'vitest'
import { count, replaced, type Outcome } from './vitest.ts'

const file = (name: string, ...statuses: readonly string[]): Outcome['files'][number] => ({
  name,
  status: statuses.some((status) => status === 'failed' || status === 'broken') ? 'failed' : 'passed',
  assertionResults: statuses.filter((status) => status !== 'broken').map((status, at) => ({ fullName: `test ${at}`, status })),
})

describe('what npm test counts', () => {
  it('is each test', ({ expect }) => {
    const outcome = { failed: true, files: [file('a', 'passed', 'failed'), file('b', 'passed', 'skipped', 'todo')] }
    expect(count(outcome)).toEqual({ passed: 2, failed: 1, skipped: 2 })
  })

  it('has a failure for a file that failed outside its tests, and for a run that failed outside its files', ({ expect }) => {
    expect(count({ failed: true, files: [file('a', 'passed', 'broken')] }).failed).toBe(1)
    expect(count({ failed: true, files: [file('a', 'passed')] }).failed).toBe(1)
    expect(count({ failed: true, files: [] })).toEqual({ passed: 0, failed: 1, skipped: 0 })
  })

  it('is, of files that were run again, what they did then', ({ expect }) => {
    const first = { failed: true, files: [file('a', 'passed', 'failed'), file('b', 'passed')] }
    expect(count(replaced(first, { failed: false, files: [file('a', 'passed', 'passed')] }))).toEqual({ passed: 3, failed: 0, skipped: 0 })
    expect(count(replaced(first, { failed: true, files: [file('a', 'failed', 'passed')] }))).toEqual({ passed: 2, failed: 1, skipped: 0 })
    // The second run did not come to an end.
    expect(count(replaced(first, { failed: true, files: [] }))).toEqual({ passed: 2, failed: 1, skipped: 0 })
  })
})
