import { chmodSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findAccount } from '../../host/ground/runner_account.ts'
import { findBubblewrap } from '../../sandboxes/launch/bubblewrap.ts'
import type { Launch } from '../../sandboxes/launch/launch.ts'
import { writeEtc } from '../../sandboxes/launch/mounts.ts'
import { TRUSTED, type Policy } from '../../sandboxes/launch/policy.ts'
import { strict, strictPolicy } from '../../sandboxes/launch/strict.ts'
import { trusted, type Account } from '../../sandboxes/launch/trusted.ts'
import { probePython } from '../../sandboxes/python/probe.ts'
import { interpreterReads } from '../../sandboxes/python/reads.ts'
import { pythonRuntime } from '../../sandboxes/python/runtime.ts'
import type { Runtime } from '../../sandboxes/runtime.ts'
import { testPython } from './python.ts'

/** A profile to start cells with. */
export interface TestProfile {
  readonly policy: Policy
  readonly account: Account | undefined
  readonly launch: (home: string) => Launch
}

export const TRUSTED_PROFILE: TestProfile = {
  policy: TRUSTED,
  account: undefined,
  launch: (home) => trusted({ account: undefined, environment: process.env, home, cwd: home }),
}

/** Whom strict cells run as: another account where we are root. */
export const STRICT_ACCOUNT = process.getuid?.() === 0 ? findAccount('nobody') : undefined

/** Rejects where a part is missing: tests of it fail and are not skipped. */
export async function strictProfile(): Promise<TestProfile> {
  const { path: bwrap } = await findBubblewrap(process.env['PATH'] ?? '')
  const folder = mkdtempSync(join(tmpdir(), 'strict-etc-'))
  chmodSync(folder, 0o755)
  const etc = join(folder, 'etc')
  writeEtc(etc)
  return { policy: strictPolicy(), account: STRICT_ACCOUNT, launch: () => strict({ bwrap, account: STRICT_ACCOUNT, etc }) }
}

/** The runtime of Python with what it reads, for cells that see no more. */
export async function strictPython({ policy }: TestProfile, form: 'forkserver' | 'single'): Promise<Runtime> {
  const { executable: python, base, folders } = await probePython(testPython())
  return pythonRuntime({ python, runnerFolder: RUNNER, form, descriptors: 1024, fileMb: 64, debugHttp: false, policy, reads: interpreterReads({ python, base, folders }) })
}

const RUNNER = fileURLToPath(new URL('../../sandboxes/python', import.meta.url))
