import { constants, existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { isBelow } from '../below.ts'
import { closedEntry, obstacle, type Reacher } from '../reach.ts'
import { ownPrefixes, type InterpreterFiles } from './reads.ts'

/** A file or folder of an interpreter, not a link. */
export interface Tree {
  readonly path: string
  /** Of a folder these entries alone; undefined: all of it. */
  readonly names?: readonly string[]
}

export interface OutOfReach {
  readonly trees: readonly Tree[]
  /** Links to them in the prefixes, as `lib64` often is. */
  readonly links: readonly string[]
  /** Folders that would be shown as a whole and hold no environment: a home, for instance. Of these nothing but trees is. */
  readonly hidden: readonly string[]
  /** The first path that keeps the account out. undefined: there is none, and no trees. */
  readonly because: string | undefined
}

/**
 * What of an interpreter and its environment an account cannot reach: nothing but what Python itself reads of a prefix, and packages. What
 * else lies beside it, as a project's files or pip's credentials do, is its owner's. Throws where packages are directly in a home.
 */
export async function outOfReach(account: Reacher, files: InterpreterFiles): Promise<OutOfReach> {
  const trees = new Map<string, Tree>()
  const links: string[] = []
  const hidden: string[] = []
  let because: string | undefined
  const isCovered = (path: string): boolean => trees.has(path) || [...trees.keys()].some((tree) => isBelow(path, tree)) || isOfSystem(path)
  for (const prefix of ownPrefixes(files)) {
    const parts = partsOf(prefix)
    const inIt = [files.python, files.base, ...files.folders].filter((path) => isBelow(path, prefix))
    const blocked = await firstObstacle(account, parts.length === 0 ? [prefix] : [...parts, ...inIt], files.folders)
    if (blocked === undefined) continue
    because ??= blocked
    if (parts.length === 0) hidden.push(prefix)
    links.push(...parts.filter((part) => endOf(part) !== part))
    for (const path of parts.map(endOf).filter((part) => !isOfSystem(part))) trees.set(path, { path })
  }
  for (const path of [files.python, files.base, ...files.folders].map(endOf).filter((each) => !isCovered(each))) {
    const blocked = await firstObstacle(account, [path], [path])
    if (blocked === undefined) continue
    because ??= blocked
    trees.set(path, statSync(path).isDirectory() ? { path, names: packagesIn(path) } : { path })
  }
  return { trees: [...trees.values()], links, hidden, because }
}

/** What environments of any kind have, and what those have that are nothing else than an environment. */
const PARTS = ['bin', 'lib', 'lib64']
const PARTS_OF_VENV = [...PARTS, 'pyvenv.cfg', 'etc', 'share']
const PARTS_OF_CONDA = [...PARTS, 'etc', 'share', 'ssl']

/** Empty where there is no environment. */
function partsOf(prefix: string): string[] {
  const names = existsSync(join(prefix, 'pyvenv.cfg')) ? PARTS_OF_VENV : existsSync(join(prefix, 'conda-meta')) ? PARTS_OF_CONDA : hasLibrary(prefix) ? PARTS : []
  return names.map((name) => join(prefix, name)).filter((path) => existsSync(path))
}

/** Whether Python's own library is there, and not just packages of a user. */
function hasLibrary(prefix: string): boolean {
  return ['lib', 'lib64'].map((name) => join(prefix, name)).some((folder) =>
    namesIn(folder).some((name) => /^(python|pypy)3/.test(name) && (name.endsWith('.zip') || existsSync(join(folder, name, 'os.py')))))
}

/** Directly in a folder: no environment that lies in it, nothing hidden. */
function packagesIn(folder: string): string[] {
  const home = homes().find((each) => each === folder || isBelow(each, folder))
  if (home !== undefined) throw new Error(`packages are looked for in ${folder}, which is not copied, because it is or holds a home (${home})`)
  return namesIn(folder).filter((name) => !name.startsWith('.') && !existsSync(join(folder, name, 'pyvenv.cfg')))
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

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
