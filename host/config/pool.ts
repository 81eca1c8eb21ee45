import { z } from 'zod'
import { setting } from './setting.ts'

/** Runners of all modules together. */
export const PoolSection = z.strictObject({
  memoryMb: setting(z.int().min(1).default(512), {
    value: 'MB', what: 'private memory of all runners: beyond it idle ones go and new ones wait',
  }),
  idleSeconds: setting(z.number().min(1).default(300), { value: 'SECONDS', what: 'a runner that was idle for so long is ended' }),
})
export type PoolSection = z.infer<typeof PoolSection>

/** Queries that wait for a runner; beyond the bounds they are refused. */
export const Queue = z.strictObject({
  queries: setting(z.int().min(1).default(10_000), { value: 'N', what: 'queries that may wait' }),
  bodiesMb: setting(z.int().min(1).default(1024), { value: 'MB', what: 'bodies of queries that may wait' }),
})
export type Queue = z.infer<typeof Queue>
