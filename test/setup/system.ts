import { aptLine } from '../../sandboxes/python/diagnose.ts'
import { readPackageTables } from '../../sandboxes/python/package_tables.ts'
import { allOf, installSystemPackages, systemPackages } from '../../sandboxes/python/system_packages.ts'
import { SetupFailure } from './setup_failure.ts'

/** Debian packages that only tests use; what modules use is in sandboxes/python/packages.json. */
const TEST_PACKAGES: Readonly<Record<string, string>> = {
  bubblewrap: 'the profile strict starts its cells with it',
  systemd: 'systemd-analyze verifies the unit in examples/replace-upstream',
}

/**
 * Sees to it that the system packages which modules and tests use are there. As root on Debian or Ubuntu it installs the
 * missing ones; without root it rejects with SetupFailure, naming the command; elsewhere it says that it does not know.
 */
export async function provideSystemPackages(say: (line: string) => void): Promise<void> {
  const tables = readPackageTables()
  const state = await systemPackages(tables, [...allOf(tables), ...Object.keys(TEST_PACKAGES)])
  if (state === undefined) return say('not Debian or Ubuntu: taking it that what modules use outside Python is there')
  const { missing } = state
  if (missing.length === 0) return
  if (process.getuid?.() !== 0) {
    throw new SetupFailure(`the tests need system packages that are not installed; as root: ${aptLine(missing)}`)
  }
  say(`installing the missing system packages: ${missing.join(' ')}`)
  for (const name of missing) if (TEST_PACKAGES[name] !== undefined) say(`  ${name}: ${TEST_PACKAGES[name]}`)
  const last: string[] = []
  try {
    await installSystemPackages(missing, (line) => void last.push(line))
  } catch (error) {
    throw new SetupFailure(`${aptLine(missing)} failed:\n${last.slice(-20).join('\n')}`, { cause: error })
  }
}
