import { it } from 'vitest'
import { MARGIN, deadlineOf } from '../../../host/dispatch/deadline.ts'

const left = (asked: number | undefined, configured = 300, margin = MARGIN): number =>
  Math.round(deadlineOf({ receivedAt: 1000, asked, configured, margin }) - 1000)

it('the configured timeout holds, without a margin, where the request has none', ({ expect }) => {
  expect([left(undefined), left(undefined, 5)]).toEqual([300_000, 5000])
})

it('a twentieth is taken off a timeout that is asked for, at least 100 ms and at most a second', ({ expect }) => {
  expect([1, 2, 5, 10, 20, 100, 299].map((asked) => left(asked))).toEqual([900, 1900, 4750, 9500, 19_000, 99_000, 298_000])
})

it('the configured timeout caps one that is asked for, and takes no second margin', ({ expect }) => {
  expect([left(400), left(300), left(10, 10), left(10, 9), left(86_399_999_999_999)]).toEqual([300_000, 299_000, 9500, 9000, 300_000])
})

it('zero and less are up at once', ({ expect }) => {
  expect([left(0), left(-5), left(-86_399_999_913_600)]).toEqual([0, 0, 0])
})

it('a margin longer than the timeout leaves half of it', ({ expect }) => {
  expect(left(1, 300, { share: 0.05, leastMs: 2000, mostMs: 5000 })).toBe(500)
  expect(left(10, 300, { share: 0, leastMs: 0, mostMs: 0 })).toBe(10_000)
})
