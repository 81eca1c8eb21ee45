import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Account } from '../launch/trusted.ts'
import { markUsed, removeOld } from '../made_folders.ts'
import { reachableNode } from '../reachable_node.ts'

/** What stands between the host and the programs of command modules. */
export interface Shim {
  /** The Node that runs it; the runners' account can execute it. */
  readonly node: string
  /** Its program, which every account can read. Its path names its content. */
  readonly shim: string
}

const MAKER = fileURLToPath(new URL('prepare_shim.ts', import.meta.url))
const SHIM = fileURLToPath(new URL('shim', import.meta.url))
/** What the shim shares with the host. */
const SHARED = ['../wire/frames.ts', '../shell_word.ts', '../../package-lock.json'].map((path) => fileURLToPath(new URL(path, import.meta.url)))
/** Written last: says which Node was found. */
const READY = 'ready.json'

/**
 * The shim as one file of JavaScript in the state folder, made when it is not there yet: every account can read it, and it starts in
 * half the time. A warm start runs nothing.
 */
export async function prepareShim(state: string, account: Account | undefined): Promise<Shim> {
  const folder = join(state, `command-${versionOf(account)}`)
  const ready = claim(folder)
  if (ready !== undefined) return ready
  const next = `${folder}.${process.pid}`
  rmSync(next, { recursive: true, force: true })
  await promisify(execFile)(process.execPath, [MAKER, next], { cwd: '/' })
  writeFileSync(join(next, READY), JSON.stringify({ node: await reachableNode(state, account) }))
  try {
    rmSync(folder, { recursive: true, force: true })
    renameSync(next, folder)
  } catch {
    // Another host was quicker.
    rmSync(next, { recursive: true, force: true })
  }
  const made = claim(folder)
  if (made === undefined) throw new Error(`${folder} was made and is not there`)
  removeOld(state, 'command', folder)
  return made
}

function claim(folder: string): Shim | undefined {
  try {
    const { node } = JSON.parse(readFileSync(join(folder, READY), 'utf8')) as { readonly node: string }
    if (!existsSync(node)) return undefined
    markUsed(folder)
    return { node, shim: join(folder, 'shim.js') }
  } catch {
    return undefined
  }
}

function versionOf(account: Account | undefined): string {
  const hash = createHash('sha256').update(`${process.execPath} ${process.version} ${account?.uid ?? 'own'}`)
  for (const file of [...readdirSync(SHIM).sort().map((name) => join(SHIM, name)), MAKER, ...SHARED]) hash.update(readFileSync(file))
  return hash.digest('hex').slice(0, 16)
}
