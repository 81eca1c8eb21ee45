import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startOf } from './process/process_start.ts'

/**
 * Folders in the state folder that are made once for a version of our own programs, `<kind>-<version>`, and used by every host of that
 * version. While one is made it is called `<kind>-<version>.<pid>`.
 */

/** Notes that this process uses a folder: so nobody removes it. Throws where the folder cannot be written. */
export function markUsed(folder: string): void {
  const users = join(folder, USERS)
  mkdirSync(users, { recursive: true })
  for (const name of readdirSync(users)) if (!isAlive(name)) rmSync(join(users, name), { force: true })
  writeFileSync(join(users, `${process.pid}-${startOf(process.pid) ?? 0}`), '')
}

/** Removes the folders of other versions that no host uses or has used of late, and what hosts that were killed have left half made. */
export function removeOld(state: string, kind: string, current: string): void {
  for (const name of readdirSync(state)) {
    const path = join(state, name)
    if (!name.startsWith(`${kind}-`) || path === current) continue
    const [, maker] = /-[0-9a-f]{16}(?:\.(\d+))?$/.exec(name) ?? ['']
    const isUsed = maker === undefined ? usersOf(path).some(isAlive) || wasUsed(path) : existsSync(`/proc/${maker}`)
    if (!isUsed) rmSync(path, { recursive: true, force: true })
  }
}

const USERS = 'users'
const KEPT_MS = 7 * 86_400_000

function usersOf(folder: string): string[] {
  try {
    return readdirSync(join(folder, USERS))
  } catch {
    return []
  }
}

/** A command that comes now and then, perhaps of another checkout, does not have to make its folder each time. */
function wasUsed(folder: string): boolean {
  const stats = statSync(join(folder, USERS), { throwIfNoEntry: false }) ?? statSync(folder, { throwIfNoEntry: false })
  return (stats?.mtimeMs ?? 0) > Date.now() - KEPT_MS
}

/** Whether the process that a mark is of still lives. */
function isAlive(mark: string): boolean {
  const [pid, started] = mark.split('-')
  return startOf(Number(pid)) === started
}
