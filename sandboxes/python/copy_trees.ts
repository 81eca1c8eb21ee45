import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { isBelow } from '../below.ts'
import { markUsed } from '../made_folders.ts'
import type { Copies } from '../runtime.ts'
import type { Tree } from './out_of_reach.ts'

/** What the folders of copies are called before their version. */
export const COPIES = 'python-copy'

export interface CopyOptions {
  /** The state folder. */
  readonly state: string
  readonly trees: readonly Tree[]
  /** Told before it is copied, which may take some seconds. */
  readonly copying: () => void
}

export interface CopiedTrees {
  readonly folder: string
  readonly copies: Copies
}

/** An install that is under way is waited for by who watches packages. */
const ATTEMPTS = 3

/**
 * Copies of files and folders in the state folder, readable and not writable for every account; those that are there already, where nothing
 * has changed. Marked as used by this process. Rejects with what was wrong.
 */
export async function copyTrees({ state, trees, copying }: CopyOptions): Promise<CopiedTrees> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const version = await versionOf(trees)
    const folder = join(state, `${COPIES}-${version}`)
    if (!isWhole(folder)) {
      if (attempt === 0) copying()
      const next = `${folder}.${process.pid}`
      try {
        await fill(next, trees)
        // What was changed meanwhile may be half of the one and half of the other.
        if ((await versionOf(trees)) !== version) continue
        if (!isWhole(folder)) {
          await rm(folder, { recursive: true, force: true })
          renameSync(next, folder)
        }
      } finally {
        await rm(next, { recursive: true, force: true })
      }
    }
    markUsed(folder)
    // Somebody who saw no mark may have removed it just then.
    if (!isWhole(folder)) continue
    return { folder, copies: copiesIn(folder, trees) }
  }
  throw new Error(`${trees.map(({ path }) => path).join(', ')} change all the time`)
}

function isWhole(folder: string): boolean {
  return existsSync(join(folder, '0'))
}

/** Says more than times of folders, which stay the same when a file is changed in its place. */
async function versionOf(trees: readonly Tree[]): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(trees))
  for (const tree of trees) {
    // Compiled code is made anew by whoever imports, and changes the time of the folder that it is in.
    const found = await run('find', [...rootsOf(tree), '-name', '__pycache__', '-prune', '-o', '-type', 'd', '-printf', String.raw`%p/ %m\n`, '-o', '-printf', String.raw`%p %s %T@ %m %l\n`])
    hash.update(found.split('\n').sort().join('\n'))
  }
  return hash.digest('hex').slice(0, 16)
}

async function fill(next: string, trees: readonly Tree[]): Promise<void> {
  await rm(next, { recursive: true, force: true })
  mkdirSync(next)
  chmodSync(next, 0o755)
  for (const [at, tree] of distinct(trees).entries()) {
    const copy = join(next, String(at))
    const options = ['-R', '-d', '--preserve=mode,timestamps,links', '--reflink=auto']
    if (tree.names === undefined) {
      await run('cp', [...options, '-T', '--', tree.path, copy])
    } else {
      mkdirSync(copy)
      await run('cp', [...options, '-t', copy, '--', ...rootsOf(tree)])
    }
    // The copy is root's: what ran with its owner's rights, or could be changed by others, must not here.
    await run('chmod', ['-R', 'a+rX,go-w,ug-s', '--', copy])
    for (const { path } of trees) if (isBelow(path, tree.path)) makePlace(path, join(copy, path.slice(tree.path.length)))
  }
}

/** Another copy is mounted there. */
function makePlace(path: string, place: string): void {
  if (existsSync(place)) return
  const isFolder = statSync(path).isDirectory()
  mkdirSync(isFolder ? place : dirname(place), { recursive: true, mode: 0o755 })
  if (!isFolder) writeFileSync(place, '', { mode: 0o644 })
}

function copiesIn(folder: string, trees: readonly Tree[]): Copies {
  const places = distinct(trees).map(({ path }) => realpathSync(path))
  return Object.fromEntries(trees.map(({ path }) => [path, join(folder, String(places.indexOf(realpathSync(path))))]))
}

/** What has two names, by links on the way, once. */
function distinct(trees: readonly Tree[]): Tree[] {
  return [...new Map(trees.toReversed().map((tree) => [realpathSync(tree.path), tree])).values()]
}

function rootsOf({ path, names }: Tree): string[] {
  return names === undefined ? [path] : names.map((name) => join(path, name))
}

/** What a program of the system prints. Rejects with what it complains of. */
async function run(program: string, args: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)(program, args, { cwd: '/', encoding: 'latin1', maxBuffer: 1 << 30 })).stdout
  } catch (error) {
    const { stderr = '', message } = error as Error & { readonly stderr?: string }
    throw new Error(stderr.trim().split('\n').at(-1) || message)
  }
}
