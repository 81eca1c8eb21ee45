import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { markUsed } from '../made_folders.ts'
import { READY, type IsolateFolder, type NoIsolates, type PrepareOptions } from './isolate_folder.ts'

/** The folder in the state folder that was made for this version of everything, or is made now. A warm start runs nothing. */
export async function prepareIsolates(options: PrepareOptions): Promise<IsolateFolder | NoIsolates> {
  let version: string
  try {
    version = versionOf(options)
  } catch (error) {
    return { unusable: `isolated-vm and rolldown are not installed as they should be (${(error as Error).message.split('\n', 1)[0]}); mend it with: npm ci` }
  }
  const path = join(options.state, `isolate-${version}`)
  const claimed = claim(path, version)
  if (claimed !== undefined) return claimed
  // Loaded only where something is made: most starts are warm.
  const { makeIsolates } = await import('./prepare_new.ts')
  const made = await makeIsolates({ ...options, path, isWhole: () => claim(path, version) !== undefined }).catch((error: Error) => ({ unusable: `${path} cannot be made: ${error.message}` }))
  if (made !== undefined) return made
  return claim(path, version) ?? { unusable: `${path} was made and is not there` }
}

/** A folder that is whole, with the mark that this process uses it: so nobody removes it. */
function claim(path: string, version: string): IsolateFolder | undefined {
  if (!existsSync(join(path, READY))) return undefined
  try {
    markUsed(path)
    const { node } = JSON.parse(readFileSync(join(path, READY), 'utf8')) as { readonly node: string }
    // Links to packages, and a copy of Node beside the folder, may lead nowhere by now.
    if (!existsSync(node) || !existsSync(join(path, 'node_modules/isolated-vm/package.json'))) return undefined
    const [runner, probe, compile, guest, sdk] = ['runner.cjs', 'probe.js', 'compile.js', 'guest.js', 'sdk/sdk.js'].map((name) => join(path, name)) as [string, string, string, string, string]
    return { path, node, runner, probe, compile, guest, sdk, version }
  } catch {
    return undefined
  }
}

const SANDBOXES = fileURLToPath(new URL('../', import.meta.url))
/** What ends up in the programs; other languages have no part in it. */
const SOURCES = ['.', 'isolate', 'wire', 'egress']

function versionOf({ account, whole = false }: PrepareOptions): string {
  const hash = createHash('sha256')
  const add = (name: string, content: string | Buffer): void => void hash.update(`${name}\n${content.length}\n`).update(content)
  for (const folder of SOURCES) {
    for (const file of readdirSync(join(SANDBOXES, folder), { recursive: folder !== '.', withFileTypes: true })) {
      if (file.isFile()) add(join(file.parentPath, file.name), readFileSync(join(file.parentPath, file.name)))
    }
  }
  const here = createRequire(import.meta.url)
  for (const name of ['isolated-vm', 'rolldown']) {
    const manifest = here.resolve(`${name}/package.json`)
    add(manifest, readFileSync(manifest))
  }
  // What else is bundled into the programs is pinned there.
  add('lock', readFileSync(join(SANDBOXES, '../package-lock.json')))
  add('node', `${process.execPath} ${process.version} ${process.arch} ${account?.uid ?? 'own'}${whole ? ' whole' : ''}`)
  return hash.digest('hex').slice(0, 16)
}
