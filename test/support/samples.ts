import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { testPython } from './python.ts'

const SCRIPT = fileURLToPath(new URL('./samples.py', import.meta.url))

/** A folder of generated sample files, readable by every user: modules may run as another one. */
export interface Samples extends AsyncDisposable {
  path(name: string): string
  /** A file's content as a MISP attachment carries it. Throws for a file that is not there. */
  base64(name: string): string
}

export async function makeSamples(): Promise<Samples> {
  const folder = await mkdtemp(join(tmpdir(), 'samples-'))
  await chmod(folder, 0o755)
  await promisify(execFile)(testPython(), ['-B', SCRIPT, folder])
  const contents = await readAll(folder)
  return {
    path: (name) => join(folder, name),
    base64(name) {
      const content = contents.get(name)
      if (content === undefined) throw new Error(`no sample ${name}; there are ${[...contents.keys()].join(', ')}`)
      return content
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

async function readAll(folder: string): Promise<Map<string, string>> {
  const names = (await readdir(folder)).sort()
  const contents = names.map(async (name) => [name, await readFile(join(folder, name), 'base64')] as const)
  return new Map(await Promise.all(contents))
}
