import { spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { access, lstat, readdir, readlink, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

/** The account in question. */
export interface Reacher {
  readonly uid: number
  readonly gid: number
}

/**
 * Whether an account can execute a program such as node or an interpreter: the modes on the way say no cheaply, the yes is
 * from having really started it (with `args`, exit 0 expected), which also notices ACLs and libraries it cannot read.
 */
export async function canExecute({ uid, gid }: Reacher, file: string, args: readonly string[] = ['--version']): Promise<boolean> {
  if ((await obstacle({ uid, gid }, file, EXECUTE | READ)) !== undefined) return false
  return await new Promise((done) => {
    // Another account than our own can be taken on by root only.
    const other = uid === process.getuid?.() ? {} : { uid, gid }
    const child = spawn(file, [...args], { ...other, stdio: 'ignore', cwd: '/', env: { PATH: '/usr/bin:/bin' }, timeout: 10_000 })
    child.once('error', () => done(false))
    child.once('exit', (code) => done(code === 0))
  })
}

/** Whether an account can read everything in a folder, such as that of the runner package. */
export async function readable(who: Reacher, folder: string): Promise<boolean> {
  if ((await obstacle(who, folder, READ | EXECUTE)) !== undefined) return false
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name === '__pycache__') continue
    const path = join(folder, entry.name)
    const fine = entry.isDirectory() ? await readable(who, path) : permits(await stat(path), who, READ)
    if (!fine) return false
  }
  return true
}

/** The first of what is directly in a folder, and not hidden, that an account cannot read, or go into. undefined: there is none. */
export async function closedEntry(who: Reacher, folder: string): Promise<string | undefined> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    // A link that leads nowhere keeps nobody out.
    const entry = name === '__pycache__' || name.startsWith('.') ? undefined : await stat(path).catch(() => undefined)
    if (entry !== undefined && !permits(entry, who, entry.isDirectory() ? READ | EXECUTE : READ)) return path
  }
  return undefined
}

/** Whether an account can go into a folder and use what it knows by name. */
export async function enterable(who: Reacher, folder: string): Promise<boolean> {
  return (await obstacle(who, folder, EXECUTE)) === undefined
}

/** The first path on the way to a file, links followed, that keeps an account out. undefined: its modes let it in. */
export async function obstacle(who: Reacher, file: string, wanted: number): Promise<string | undefined> {
  let path = resolve(file)
  for (let links = 0; links < 40; links++) {
    const blocked = await closedFolder(who, dirname(path))
    if (blocked !== undefined) return blocked
    const entry = await lstat(path).catch(() => undefined)
    if (entry === undefined) return path
    if (!entry.isSymbolicLink()) return permits(entry, who, wanted) ? undefined : path
    path = resolve(dirname(path), await readlink(path))
  }
  return file
}

const READ = constants.R_OK
const EXECUTE = constants.X_OK

async function closedFolder(who: Reacher, folder: string): Promise<string | undefined> {
  const parent = dirname(folder)
  const above = parent === folder ? undefined : await closedFolder(who, parent)
  if (above !== undefined) return above
  const entry = await stat(folder).catch(() => undefined)
  return entry !== undefined && permits(entry, who, EXECUTE) ? undefined : folder
}

function permits(entry: { mode: number; uid: number; gid: number }, { uid, gid }: Reacher, wanted: number): boolean {
  if (uid === 0) return true
  const shift = entry.uid === uid ? 6 : entry.gid === gid ? 3 : 0
  return ((entry.mode >> shift) & wanted) === wanted
}

/** Whether our own account can write here. */
export async function writable(folder: string): Promise<boolean> {
  return await access(folder, constants.W_OK).then(() => true, () => false)
}
