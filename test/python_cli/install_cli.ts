import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { testPython } from '../support/python.ts'
import { testCache } from '../support/test_cache.ts'

const run = promisify(execFile)

/**
 * The published command-line client in an environment of its own, which is made once and kept in the tests' cache. Returns the
 * program's path.
 */
export async function installCli(): Promise<string> {
  const cache = testCache()
  const environment = join(cache, 'misp-modules-cli')
  const program = join(environment, 'bin', 'misp-modules-cli')
  if (existsSync(program)) return program
  await mkdir(cache, { recursive: true })
  try {
    await run(testPython(), ['-m', 'venv', environment])
    await run(join(environment, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', 'misp-modules-cli==0.1.0'])
  } catch (error) {
    await rm(environment, { recursive: true, force: true })
    throw new Error('misp-modules-cli could not be installed; its package index must be reachable', { cause: error })
  }
  return program
}
