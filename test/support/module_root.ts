import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runInNewContext } from 'node:vm'
import type { LoadFailure, ModuleFile } from '../../sandboxes/contract.ts'
import type { Budget } from '../../sandboxes/isolate/compile/budget.ts'
import { bundle, CompileError } from '../../sandboxes/isolate/compile/bundle.ts'
import { compileCell } from '../../sandboxes/isolate/compile/cell.ts'
import { encodeFrame, FrameReader } from '../../sandboxes/wire/frames.ts'
import { FromRunner } from '../../sandboxes/wire/messages.ts'

const made: string[] = []

/** A temporary folder with these files, by their paths in it: a module root, with the packages beside it. */
export function moduleRoot(files: Readonly<Record<string, string | Uint8Array>>): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'root-')))
  made.push(root)
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  return root
}

export function releaseRoots(): void {
  for (const root of made.splice(0)) rmSync(root, { recursive: true, force: true })
}

export interface Compiled {
  readonly code: string
  readonly map: { readonly sources: readonly string[]; readonly mappings: string }
  readonly files: readonly ModuleFile[]
}

/** What a module is bundled to. Throws what it is refused for. */
export async function compiled(root: string, file: string, budget?: Budget): Promise<Compiled> {
  const { content, files } = await bundle({ file: join(root, file), root, sdk: SDK, ...(budget && { budget }) })
  return { ...(JSON.parse(content.toString()) as Omit<Compiled, 'files'>), files }
}

/** What the module exports when its bundle is run. */
export async function compiledNamespace(root: string, file: string): Promise<Record<string, unknown>> {
  const { code } = await compiled(root, file)
  return runInNewContext(`${code}\n;globalThis.__module`, {}) as Record<string, unknown>
}

/** Why a module is not bundled. */
export async function refused(root: string, file: string, budget?: Budget): Promise<LoadFailure> {
  try {
    await compiled(root, file, budget)
  } catch (thrown) {
    if (thrown instanceof CompileError) return thrown.reason
    throw thrown
  }
  throw new Error(`expected ${file} to be refused, and it was bundled`)
}

const folder = (path: string): string => fileURLToPath(new URL(`../../sandboxes/isolate/${path}`, import.meta.url))

const SDK = folder('sdk/sdk.js')

/** One compile cell, asked once; settles when its process has ended. */
export async function askCell(root: string, file: string): Promise<{ header: FromRunner; payload: Buffer; status: number | null }> {
  const { command, args, env } = compileCell({ node: process.execPath, program: folder('compile/main.ts'), sdk: SDK })
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'inherit'] })
  const reader = new FrameReader(32 << 20)
  let answer: { header: FromRunner; payload: Buffer } | undefined
  child.stdout.on('data', (chunk: Buffer) => {
    for (const frame of reader.push(chunk)) {
      const header = FromRunner.parse(frame.header)
      if (header.type === 'ready') for (const part of encodeFrame({ type: 'load', id: 'one', file, root })) child.stdin.write(part)
      else {
        answer = { header, payload: Buffer.concat(frame.payload) }
        child.stdin.end()
      }
    }
  })
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve))
  if (answer === undefined) throw new Error(`the compile cell ended with ${status} and without an answer`)
  return { ...answer, status }
}
