import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { startOf } from './process/process_start.ts'

/**
 * Folders in the state folder that are made once for a version of what is in them, most often our own programs, `<kind>-<version>`, and used by every host of that
 * version. While one is made it is called `<kind>-<version>.<pid>`.
 */

/** Notes that this process uses a folder: so nobody removes it. Throws where the folder cannot be written. */
export function markUsed(folder: string): void {
  const users = join(folder, USERS)
  mkdirSync(users, { recursive: true })
  for (const name of readdirSync(users)) if (!isAlive(name)) rmSync(join(users, name), { force: true })
  writeFileSync(join(users, markOfOurs()), '')
}

/** This process uses it no more. */
export function markUnused(folder: string): void {
  rmSync(join(folder, USERS, markOfOurs()), { force: true })
}

/** Removes the folders of other versions that no host uses or has used of late, and what hosts that were killed have left half made. */
export function removeOld(state: string, kind: string, current: string): void {
  for (const { path, isWhole } of unmarked(state, kind)) if (path !== current && !(isWhole && wasUsed(path))) rmSync(path, { recursive: true, force: true })
}

/** Removes the folders that no host uses, however short ago one has. One whose cells still have it in their mounts stays. */
export async function removeUnused(state: string, kind: string): Promise<void> {
  for (const { path, isWhole } of unmarked(state, kind)) {
    if (await isMounted(path)) continue
    const going = isWhole ? `${path}.${process.pid}` : path
    try {
      // Nobody finds half of it.
      if (isWhole) renameSync(path, going)
      await rm(going, { recursive: true, force: true })
    } catch {
      // Another host was quicker, or the next look will be luckier.
    }
  }
}

/** Those that no process has marked or is making. */
function unmarked(state: string, kind: string): { readonly path: string; readonly isWhole: boolean }[] {
  return readdirSync(state).filter((name) => name.startsWith(`${kind}-`)).flatMap((name) => {
    const path = join(state, name)
    const [, maker] = /-[0-9a-f]{16}(?:\.(\d+))?$/.exec(name) ?? ['']
    const isUsed = maker === undefined ? usersOf(path).some(isAlive) : existsSync(`/proc/${maker}`)
    return isUsed ? [] : [{ path, isWhole: maker === undefined }]
  })
}

/** Whether a process has something of a folder mounted, in whatever namespace. */
async function isMounted(folder: string): Promise<boolean> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const mounts = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/mountinfo`, 'latin1').catch(() => '')))
  return mounts.some((text) => text.includes(`/${basename(folder)}/`))
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

function markOfOurs(): string {
  return `${process.pid}-${startOf(process.pid) ?? 0}`
}

/** Whether the process that a mark is of still lives. */
function isAlive(mark: string): boolean {
  const [pid, started] = mark.split('-')
  return startOf(Number(pid)) === started
}
