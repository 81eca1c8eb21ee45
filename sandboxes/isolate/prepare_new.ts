import { spawn } from 'node:child_process'
import { existsSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Account } from '../launch/trusted.ts'
import { reachableNode } from '../reachable_node.ts'
import { isAlive, READY, type NoIsolates, type PrepareOptions } from './isolate_folder.ts'

const MAKER = fileURLToPath(new URL('prepare_folder.ts', import.meta.url))
/** Bundling takes half a second; a machine that is busy may take much longer. */
const LONGEST_MS = 60_000

export interface MakeOptions extends PrepareOptions {
  /** The folder to be made. */
  readonly path: string
}

/**
 * Makes the folder, and tries what is in it as the account that will run it. Packages stay where they are installed if that account
 * can read them there, else they are copied. undefined: it is there; else why not.
 */
export async function makeIsolates({ state, account, path, whole = false }: MakeOptions): Promise<NoIsolates | undefined> {
  const node = await reachableNode(state, account)
  let reason = ''
  for (const manner of whole ? ['copy'] : account === undefined ? ['link'] : ['link', 'copy']) {
    const next = `${path}.${process.pid}`
    rmSync(next, { recursive: true, force: true })
    const said = (await ends(process.execPath, [MAKER, next, manner], undefined)) ?? (await isolatesWork(node, next, account)) ?? (await compilerWorks(node, next, account))
    if (said === undefined) {
      writeFileSync(join(next, READY), JSON.stringify({ node }))
      publish(next, path)
      removeOld(state, path)
      return undefined
    }
    rmSync(next, { recursive: true, force: true })
    reason = said
  }
  return { unusable: reason }
}

/** Whether the account can make isolates that hold, with what is in a folder. undefined: it can; else what was said. */
export async function isolatesWork(node: string, folder: string, account: Account | undefined): Promise<string | undefined> {
  return await ends(node, ['--no-node-snapshot', join(folder, 'probe.js')], account)
}

/** Whether the account can compile. A compile cell that is asked nothing ends well once it could have been asked. */
export async function compilerWorks(node: string, folder: string, account: Account | undefined): Promise<string | undefined> {
  return await ends(node, [join(folder, 'compile.js'), join(folder, 'sdk/sdk.js')], account)
}

/** undefined: the program has ended well; else the last that it said about that, in a line. */
async function ends(node: string, args: readonly string[], account: Account | undefined): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  // Whose own account it is cannot take it on.
  const other = account === undefined || account.uid === process.getuid?.() ? {} : account
  const child = spawn(node, args, { ...other, cwd: '/', env: {}, stdio: ['ignore', 'ignore', 'pipe'], timeout: LONGEST_MS, killSignal: 'SIGKILL' })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said = `${said}${chunk.toString()}`.slice(-16_384)))
  child.once('error', (error) => resolve(error.message))
  child.once('close', (status, signal) => resolve(status === 0 ? undefined : lineOf(said) ?? `${basename(args.at(-1) ?? node)} ended with ${signal ?? `status ${status}`}`))
  return await promise
}

function lineOf(said: string): string | undefined {
  const lines = said.split('\n').map((line) => line.trim()).filter((line) => line !== '')
  return (lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1))?.slice(0, 1000)
}

function publish(next: string, path: string): void {
  try {
    // One that is not whole, or whose links lead nowhere any more.
    rmSync(path, { recursive: true, force: true })
    renameSync(next, path)
  } catch {
    // Another host was quicker.
    rmSync(next, { recursive: true, force: true })
  }
}

/** Removes the folders of other versions that no host uses or has used of late, and what hosts that were killed have left half made. */
function removeOld(state: string, current: string): void {
  for (const name of readdirSync(state)) {
    const path = join(state, name)
    const [, maker] = /^isolate-[0-9a-f]{16}(?:\.(\d+))?$/.exec(name) ?? ['']
    if (!name.startsWith('isolate-') || path === current) continue
    const isUsed = maker === undefined ? usersOf(path).some(isAlive) || wasUsed(path) : existsSync(`/proc/${maker}`)
    if (!isUsed) rmSync(path, { recursive: true, force: true })
  }
}

/** A command that comes now and then, perhaps of another checkout, does not have to make its folder each time. */
function wasUsed(folder: string): boolean {
  return (statSync(join(folder, 'users'), { throwIfNoEntry: false })?.mtimeMs ?? 0) > Date.now() - KEPT_MS
}

const KEPT_MS = 7 * 86_400_000

function usersOf(folder: string): string[] {
  try {
    return readdirSync(join(folder, 'users'))
  } catch {
    return []
  }
}
