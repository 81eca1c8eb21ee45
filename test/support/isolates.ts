import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { prepareIsolates } from '../../sandboxes/isolate/prepare.ts'
import { isolateRuntime, type IsolateSettings } from '../../sandboxes/isolate/runtime.ts'
import type { Runtime } from '../../sandboxes/runtime.ts'
import { LIMITS } from './border.ts'
import { TRUSTED_PROFILE, type TestProfile } from './profiles.ts'
import { testCache } from './test_cache.ts'

export const ISOLATE_SETTINGS: IsolateSettings = { heapMb: 64, offHeapMb: 256, atOnce: 16, fresh: false, spares: 1, inputMb: 16, outputMb: 8 }

/** The runtime of isolates, with the programs made once for all tests of this version. */
export async function testIsolates(settings: Partial<IsolateSettings> = {}, { policy, account }: Pick<TestProfile, 'policy' | 'account'> = TRUSTED_PROFILE): Promise<Runtime> {
  const state = join(testCache(), 'isolates')
  mkdirSync(state, { recursive: true, mode: 0o755 })
  const folder = await prepareIsolates({ state, account, whole: policy.apart })
  if ('unusable' in folder) throw new Error(folder.unusable)
  return isolateRuntime({ folder, policy, limits: LIMITS, settings: { ...ISOLATE_SETTINGS, ...settings } })
}
