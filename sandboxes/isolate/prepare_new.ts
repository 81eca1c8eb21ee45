import { spawn } from 'node:child_process'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Account } from '../launch/trusted.ts'
import { removeOld } from '../made_folders.ts'
import { reachableNode } from '../reachable_node.ts'
import { READY, type NoIsolates, type PrepareOptions } from './isolate_folder.ts'

const MAKER = fileURLToPath(new URL('prepare_folder.ts', import.meta.url))
/** Bundling takes half a second; a machine that is busy may take much longer. */
const LONGEST_MS = 60_000

export interface MakeOptions extends PrepareOptions {
  /** The folder to be made. */
  readonly path: string
  /** Whether it is there by now. */
  readonly isWhole: () => boolean
}

/**
 * Makes the folder, and tries what is in it as the account that will run it. Packages stay where they are installed if that account
 * can read them there, else they are copied. undefined: it is there; else why not.
 */
export async function makeIsolates({ state, account, path, isWhole, whole = false }: MakeOptions): Promise<NoIsolates | undefined> {
  const node = await reachableNode(state, account)
  let reason = ''
  for (const manner of whole ? ['copy'] : account === undefined ? ['link'] : ['link', 'copy']) {
    const next = `${path}.${process.pid}`
    rmSync(next, { recursive: true, force: true })
    const said = (await ends(process.execPath, ['--no-node-snapshot', MAKER, next, manner], undefined)) ?? (await isolatesWork(node, next, account)) ?? (await compilerWorks(node, next, account))
    if (said === undefined) {
      writeFileSync(join(next, READY), JSON.stringify({ node }))
      publish(next, path, isWhole)
      removeOld(state, 'isolate', path)
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

function publish(next: string, path: string, isWhole: () => boolean): void {
  try {
    // What another host was quicker to make is in use.
    if (!isWhole()) {
      // One whose links lead nowhere any more.
      rmSync(path, { recursive: true, force: true })
      renameSync(next, path)
    }
  } catch {
    // Another host was quicker.
  }
  rmSync(next, { recursive: true, force: true })
}
