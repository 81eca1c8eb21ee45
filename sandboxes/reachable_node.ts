import { chmodSync, constants, copyFileSync, existsSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { Account } from './launch/trusted.ts'
import { canExecute } from './reach.ts'

/** A Node that an account can execute: the one that runs this, or a copy of it in the state folder. */
export async function reachableNode(state: string, account: Account | undefined): Promise<string> {
  if (account === undefined || (await canExecute(account, process.execPath))) return process.execPath
  const folder = join(state, `node-${process.versions.node}`)
  const copy = join(folder, 'node')
  if (existsSync(copy)) return copy
  mkdirSync(folder, { recursive: true })
  chmodSync(folder, 0o755)
  const next = `${copy}.${process.pid}`
  copyFileSync(process.execPath, next, constants.COPYFILE_FICLONE)
  chmodSync(next, 0o755)
  renameSync(next, copy)
  return copy
}
