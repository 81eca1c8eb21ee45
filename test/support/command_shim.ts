import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { prepareShim } from '../../sandboxes/command/prepare.ts'
import { commandRuntime } from '../../sandboxes/command/runtime.ts'
import type { Runtime } from '../../sandboxes/runtime.ts'
import { TRUSTED_PROFILE, type TestProfile } from './profiles.ts'
import { testCache } from './test_cache.ts'

/** The command runtime as the host would make it; the shim of this state of the sources is made once for all tests. */
export async function testCommandRuntime({ policy, account }: Pick<TestProfile, 'policy' | 'account'> = TRUSTED_PROFILE): Promise<() => Runtime> {
  const state = join(testCache(), 'shim')
  mkdirSync(state, { recursive: true, mode: 0o755 })
  const shim = await prepareShim(state, account)
  return () => commandRuntime({ ...shim, descriptors: 1024, fileMb: 64, policy })
}
