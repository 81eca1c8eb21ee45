import { cpSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Account } from '../../sandboxes/launch/trusted.ts'
import { prepareShim, type Shim } from '../../sandboxes/command/prepare.ts'
import { readable } from '../../sandboxes/reach.ts'
import { digestFolder } from '../registry/digest.ts'

const SOURCE = fileURLToPath(new URL('../../sandboxes/python/runner', import.meta.url))

export interface RunnerFolder {
  /** What goes on Python's path: the folder that holds `runner`. */
  readonly path: string
  /** Digest of the runner's own code. */
  readonly version: string
  /** What stands before the programs of command modules. */
  readonly command: Shim
}

/** What runners are made of, where the runners' account can read it: for Python the checkout itself, or a copy in the state folder. */
export async function runnerFolder(state: string, account: Account | undefined): Promise<RunnerFolder> {
  const version = digestFolder(SOURCE)
  const command = await prepareShim(state, account)
  if (account === undefined || (await readable(account, SOURCE))) return { path: join(SOURCE, '..'), version, command }
  const copy = join(state, `runner-${version}`)
  if (statSync(copy, { throwIfNoEntry: false }) === undefined) {
    const next = `${copy}.${process.pid}`
    mkdirSync(next, { mode: 0o755 })
    cpSync(SOURCE, join(next, 'runner'), { recursive: true, filter: (path) => !path.includes('__pycache__') })
    try {
      renameSync(next, copy)
    } catch {
      // Another host was quicker.
      rmSync(next, { recursive: true, force: true })
    }
  }
  return { path: copy, version, command }
}
