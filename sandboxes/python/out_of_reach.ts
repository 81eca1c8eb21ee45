import { constants, existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { isBelow } from '../below.ts'
import { closedEntry, obstacle, type Reacher } from '../reach.ts'
import { ownPrefixes, partsOf } from './prefixes.ts'
import type { InterpreterFiles } from './reads.ts'

/** A file or folder of an interpreter, not a link. */
export interface Tree {
  readonly path: string
  /** Of a folder these entries alone; undefined: all of it. */
  readonly names?: readonly string[]
}

export interface OutOfReach {
  readonly trees: readonly Tree[]
  /** The first path that keeps the account out. undefined: there is none, and no trees. */
  readonly because: string | undefined
}

/**
 * What of an interpreter and its environment an account cannot reach: nothing but what Python itself reads of a prefix, and packages. What
 * else lies beside it, as a project's files or pip's credentials do, is its owner's. Throws where packages are directly in a home.
 */
export async function outOfReach(account: Reacher, files: InterpreterFiles): Promise<OutOfReach> {
  const trees = new Map<string, Tree>()
  let because: string | undefined
  const isCovered = (path: string): boolean => trees.has(path) || [...trees.keys()].some((tree) => isBelow(path, tree)) || isOfSystem(path)
  for (const prefix of ownPrefixes(files)) {
    const parts = partsOf(prefix)
    const inIt = [files.python, files.base, ...files.folders].filter((path) => isBelow(path, prefix))
    const blocked = await firstObstacle(account, [...parts, ...inIt], files.folders)
    if (blocked === undefined) continue
    because ??= blocked
    for (const path of parts.map(endOf).filter((part) => !isOfSystem(part))) trees.set(path, { path })
  }
  for (const path of [files.python, files.base, ...files.folders].map(endOf).filter((each) => !isCovered(each))) {
    const blocked = await firstObstacle(account, [path], [path])
    if (blocked === undefined) continue
    because ??= blocked
    trees.set(path, statSync(path).isDirectory() ? { path, names: packagesIn(path) } : { path })
  }
  return { trees: [...trees.values()], because }
}

/** Directly in a folder: no environment that lies in it, nothing hidden. */
function packagesIn(folder: string): string[] {
  const home = homes().find((each) => each === folder || isBelow(each, folder))
  if (home !== undefined) throw new Error(`packages are looked for in ${folder}, which is not copied, because it is or holds a home (${home})`)
  return readdirSync(folder).filter((name) => !name.startsWith('.') && !existsSync(join(folder, name, 'pyvenv.cfg')))
}

function homes(): string[] {
  return readFileSync('/etc/passwd', 'utf8').split('\n').map((line) => line.split(':')[5] ?? '').filter((home) => home !== '')
}

/** Of the system, which every account can reach: never copied. */
function isOfSystem(path: string): boolean {
  return ['/usr', '/lib', '/lib64'].some((folder) => isBelow(path, folder))
}

async function firstObstacle(account: Reacher, paths: readonly string[], packages: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const entry = statSync(path)
    const blocked = await obstacle(account, path, entry.isDirectory() || (entry.mode & 0o111) !== 0 ? constants.R_OK | constants.X_OK : constants.R_OK)
    if (blocked !== undefined) return blocked
    // A umask that keeps others out shows in single packages.
    const closed = entry.isDirectory() && packages.includes(path) ? await closedEntry(account, path) : undefined
    if (closed !== undefined) return closed
  }
  return undefined
}

/** Where links lead. */
function endOf(path: string): string {
  let end = path
  for (let links = 0; links < 40 && lstatSync(end, { throwIfNoEntry: false })?.isSymbolicLink() === true; links++) end = resolve(dirname(end), readlinkSync(end))
  return end
}
