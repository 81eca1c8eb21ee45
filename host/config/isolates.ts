import { z } from 'zod'
import { setting } from './setting.ts'

/** How modules in TypeScript and JavaScript run: V8 isolates in processes of their own. */
export const Isolates = z.strictObject({
  heapMb: setting(z.int().min(16).max(2048).default(64), { value: 'MB', what: 'heap of an isolate, of which each query on a runner has one' }),
  offHeapMb: setting(z.int().min(32).default(256), { value: 'MB', what: 'memory that a runner may add besides the heaps of its isolates' }),
  atOnce: setting(z.int().min(1).max(64).default(16), { value: 'N', what: 'queries that a runner of isolates has at a time' }),
  fresh: setting(z.boolean().default(false), { what: 'an isolate for each query, so that nothing of one is left for the next' }),
  inputMb: setting(z.int().min(1).max(256).default(16), { value: 'MB', what: 'longest body that a module in an isolate takes' }),
  outputMb: setting(z.int().min(1).max(256).default(8), { value: 'MB', what: 'longest answer of a module in an isolate' }),
})
export type Isolates = z.infer<typeof Isolates>
