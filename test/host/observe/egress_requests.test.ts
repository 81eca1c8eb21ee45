import { it } from 'vitest'
import { EgressRequests } from '../../../host/observe/egress_requests.ts'

it('requests to the network are counted by name for so many modules, and those of more of them as others', ({ expect }) => {
  const requests = new EgressRequests()
  for (let n = 0; n < 1100; n += 1) requests.count({ module: `module-${n}`, verdict: 'denied' })
  requests.count({ module: 'module-5', verdict: 'quota', times: 7 })
  const counted = requests.snapshot()
  expect(new Set(counted.map(({ module }) => module)).size).toBe(1001)
  expect(counted.filter(({ module }) => module === 'module-5')).toEqual([{ module: 'module-5', verdict: 'denied', count: 1 }, { module: 'module-5', verdict: 'quota', count: 7 }])
  expect(counted.find(({ module }) => module === 'other')).toEqual({ module: 'other', verdict: 'denied', count: 100 })
})
