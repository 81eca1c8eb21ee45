import { spawn } from 'node:child_process'
import { chmodSync, cpSync, existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import type { Account } from '../../../sandboxes/launch/trusted.ts'
import { prepareIsolates } from '../../../sandboxes/isolate/prepare.ts'
import type { IsolateFolder, NoIsolates } from '../../../sandboxes/isolate/isolate_folder.ts'
import { startOf } from '../../../sandboxes/process/process_start.ts'
import { isolatesWork } from '../../../sandboxes/isolate/prepare_new.ts'

const made: string[] = []
afterAll(() => made.forEach((folder) => rmSync(folder, { recursive: true, force: true })))

function temporary(mode = 0o755): string {
  const folder = mkdtempSync(join(tmpdir(), 'prepare-'))
  chmodSync(folder, mode)
  made.push(folder)
  return folder
}

const isRoot = process.getuid?.() === 0
const nobody: Account = { uid: 65_534, gid: 65_534 }
const PROJECT = fileURLToPath(new URL('../../../', import.meta.url))

async function prepared(state: string): Promise<IsolateFolder> {
  const folder = await prepareIsolates({ state, account: undefined })
  if ('unusable' in folder) throw new Error(folder.unusable)
  return folder
}

describe('what runners of isolates execute', { timeout: 60_000 }, () => {
  it('is made once, and whole', async () => {
    const state = temporary()
    const first = await prepared(state)
    for (const file of [first.runner, first.compile, first.guest, first.sdk]) expect(existsSync(file), file).toBe(true)
    const before = statSync(first.compile).mtimeMs
    expect(await prepared(state)).toEqual(first)
    expect(statSync(first.compile).mtimeMs).toBe(before)
  })

  it('is made again where its packages are no longer where they were', async () => {
    const state = temporary()
    const { path, compile } = await prepared(state)
    rmSync(join(path, 'node_modules/isolated-vm'), { recursive: true })
    rmSync(compile)
    expect(existsSync((await prepared(state)).compile)).toBe(true)
  })

  it('goes when another version is made, unless a host uses it or has used it of late', async () => {
    const state = temporary()
    const old = (name: string, marks: readonly string[], days: number): void => {
      mkdirSync(join(state, name, 'users'), { recursive: true })
      for (const mark of marks) writeFileSync(join(state, name, 'users', mark), '')
      const then = new Date(Date.now() - days * 86_400_000)
      utimesSync(join(state, name, 'users'), then, then)
    }
    old('isolate-aaaaaaaaaaaaaaaa', ['1-0'], 30)
    old('isolate-bbbbbbbbbbbbbbbb', [`${process.pid}-${startOf(process.pid)}`], 30)
    old('isolate-cccccccccccccccc', ['1-0'], 1)
    old('isolate-dddddddddddddddd.999999999', [], 0)
    const { path } = await prepared(state)
    expect(readdirSync(state).map((name) => join(state, name)).sort()).toEqual(
      [join(state, 'isolate-bbbbbbbbbbbbbbbb'), join(state, 'isolate-cccccccccccccccc'), path].sort(),
    )
  })

  it('is told of in a sentence where it cannot be made', async () => {
    const state = join(temporary(), 'not-there')
    const { unusable } = await prepareIsolates({ state, account: undefined }) as NoIsolates
    expect(unusable).toMatch(/not-there/)
    expect(unusable).not.toContain('\n')
  })

  it('is made of this version of everything', async () => {
    const { path, version } = await prepared(temporary())
    expect(path.endsWith(`isolate-${version}`)).toBe(true)
    expect(JSON.parse(readFileSync(join(path, 'ready.json'), 'utf8'))).toEqual({ node: process.execPath })
  })
})

describe.runIf(isRoot)('for an account that cannot reach the checkout', { timeout: 120_000 }, () => {
  it('Node, isolated-vm and the native part of rolldown are copied, and work', async () => {
    const closed = temporary(0o700)
    const checkout = copyOfCheckout(join(closed, 'checkout'))
    const state = temporary()
    const folder = await prepareIn(checkout, state)
    if ('unusable' in folder) throw new Error(folder.unusable)
    expect(folder.node).toBe(join(state, `node-${process.versions.node}`, 'node'))
    expect(realpathSync(join(folder.path, 'node_modules/isolated-vm'))).toBe(realpathSync(join(folder.path)) + '/node_modules/isolated-vm')
    expect(await isolatesWork(folder.node, folder.path, nobody)).toBeUndefined()
  })

  it('a state folder out of its reach is a reason', async () => {
    const { unusable } = await prepareIsolates({ state: temporary(0o700), account: nobody }) as NoIsolates
    expect(unusable).toBeTruthy()
  })
})

/** The part of the project that is needed, as another checkout would have it. */
function copyOfCheckout(folder: string): string {
  for (const path of ['sandboxes', 'package.json', 'package-lock.json']) cpSync(join(PROJECT, path), join(folder, path), { recursive: true })
  const modules = realpathSync(join(PROJECT, 'node_modules'))
  for (const name of ['isolated-vm', 'rolldown', '@rolldown', 'node-gyp-build', '@oxc-project']) {
    if (existsSync(join(modules, name))) cpSync(join(modules, name), join(folder, 'node_modules', name), { recursive: true })
  }
  // What else is bundled is read by root, wherever it lies.
  for (const name of readdirSync(modules)) if (!existsSync(join(folder, 'node_modules', name))) symlinkSync(join(modules, name), join(folder, 'node_modules', name))
  const node = join(folder, 'node')
  try {
    linkSync(process.execPath, node)
  } catch {
    cpSync(process.execPath, node)
  }
  return folder
}

/** Prepares with the Node and the code of another checkout. */
async function prepareIn(checkout: string, state: string): Promise<IsolateFolder | NoIsolates> {
  const program = `import { prepareIsolates } from '${checkout}/sandboxes/isolate/prepare.ts'
    process.stdout.write(JSON.stringify(await prepareIsolates({ state: '${state}', account: { uid: ${nobody.uid}, gid: ${nobody.gid} } })))`
  const child = spawn(join(checkout, 'node'), ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await new Promise((resolve) => child.on('close', resolve))
  return JSON.parse(said) as IsolateFolder | NoIsolates
}
