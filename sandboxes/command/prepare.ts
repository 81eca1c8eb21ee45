import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SHIM = fileURLToPath(new URL('./shim', import.meta.url))
/** What the shim shares with the host. */
const SHARED = fileURLToPath(new URL('../wire/frames.ts', import.meta.url))

/**
 * The shim as one file of JavaScript in the state folder, made when it is not there yet: every account can read it, and it starts
 * in half the time. Its path names its content.
 */
export async function prepareShim(state: string): Promise<string> {
  const folder = join(state, `command-${digestOfSources()}`)
  const file = join(folder, 'shim.mjs')
  if (existsSync(file)) return file
  const { rolldown } = await import('rolldown')
  const bundle = await rolldown({ input: join(SHIM, 'main.ts'), platform: 'node', logLevel: 'silent' })
  const { output: [{ code }] } = await bundle.generate({ format: 'esm' })
  await bundle.close()
  const next = `${folder}.${process.pid}`
  mkdirSync(next, { mode: 0o755 })
  writeFileSync(join(next, 'shim.mjs'), code, { mode: 0o644 })
  try {
    renameSync(next, folder)
  } catch {
    // Another host was quicker.
    rmSync(next, { recursive: true, force: true })
  }
  return file
}

function digestOfSources(): string {
  const files = [...readdirSync(SHIM).sort().map((name) => join(SHIM, name)), SHARED]
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(file))
  return hash.digest('hex').slice(0, 32)
}
