import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Account } from './launch/trusted.ts'
import { markUsed, removeOld } from './made_folders.ts'
import { reachableNode } from './reachable_node.ts'

/** A program of ours for Node that another account runs. */
export interface MadeProgram {
  /** The Node that runs it; the account can execute it. */
  readonly node: string
  /** One file of JavaScript, which every account can read. Its path names its content. */
  readonly program: string
}

export interface MakeProgram {
  /** The state folder. */
  readonly state: string
  /** undefined: the host's own. */
  readonly account: Account | undefined
  /** What its folder is called before its version. */
  readonly kind: string
  /** What its file is called there, and in lists of processes. */
  readonly name: string
  /** The file that it begins with. */
  readonly entry: string
  /** Every file that it is made of. */
  readonly sources: readonly string[]
}

const MAKER = fileURLToPath(new URL('bundle_program.ts', import.meta.url))
const LOCK = fileURLToPath(new URL('../package-lock.json', import.meta.url))
/** Written last: says which Node was found. */
const READY = 'ready.json'

/** The program in the state folder, made when it is not there yet: it starts in half the time of its sources. A warm start runs nothing. */
export async function madeProgram({ state, account, kind, name, entry, sources }: MakeProgram): Promise<MadeProgram> {
  const folder = join(state, `${kind}-${versionOf([...sources, MAKER, LOCK], account)}`)
  const ready = claim(folder, name)
  if (ready !== undefined) return ready
  const next = `${folder}.${process.pid}`
  rmSync(next, { recursive: true, force: true })
  await promisify(execFile)(process.execPath, [MAKER, entry, next, name], { cwd: '/' })
  writeFileSync(join(next, READY), JSON.stringify({ node: await reachableNode(state, account) }))
  try {
    // What another host was quicker to make is in use.
    if (claim(folder, name) === undefined) {
      rmSync(folder, { recursive: true, force: true })
      renameSync(next, folder)
    }
  } catch {
    // Another host was quicker.
  }
  rmSync(next, { recursive: true, force: true })
  const made = claim(folder, name)
  if (made === undefined) throw new Error(`${folder} was made and is not there`)
  removeOld(state, kind, folder)
  return made
}

function claim(folder: string, name: string): MadeProgram | undefined {
  try {
    const { node } = JSON.parse(readFileSync(join(folder, READY), 'utf8')) as { readonly node: string }
    if (!existsSync(node)) return undefined
    markUsed(folder)
    return { node, program: join(folder, name) }
  } catch {
    return undefined
  }
}

function versionOf(files: readonly string[], account: Account | undefined): string {
  const hash = createHash('sha256').update(`${process.execPath} ${process.version} ${account?.uid ?? 'own'}`)
  for (const file of files) hash.update(readFileSync(file))
  return hash.digest('hex').slice(0, 16)
}
