import { createHash } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Probed } from './probe.ts'

/**
 * SHA-256 over what is installed: the interpreter's version, name and time of every distribution, and size and time of every
 * file of misp_modules, which an editable install changes without touching anything else. Not the times of the folders: they
 * change when Python puts bytecode there. Synchronous on purpose: about 500 files take a few milliseconds, through the thread
 * pool several times that.
 */
export function digestDistributions(probed: Probed): string {
  const digest = createHash('sha256').update(probed.version)
  for (const folder of probed.folders) {
    digest.update(`\n${folder}`)
    for (const name of namesIn(folder).filter((each) => DISTRIBUTION.test(each)).sort()) {
      digest.update(`\n${name} ${statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 'gone'}`)
    }
  }
  if (probed.mispModules !== undefined) {
    for (const line of filesBelow(probed.mispModules.packageDir)) digest.update(`\n${line}`)
  }
  return digest.digest('hex')
}

const DISTRIBUTION = /\.(dist-info|egg-info|egg|egg-link|pth)$/

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function filesBelow(folder: string): string[] {
  const lines: string[] = []
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    // Bytecode appears as modules are imported and says nothing new.
    if (entry.name === '__pycache__') continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) lines.push(...filesBelow(path))
    else if (entry.isFile()) lines.push(fileLine(path))
  }
  return lines
}

function fileLine(path: string): string {
  const { size, mtimeMs } = statSync(path)
  return `${path} ${size} ${mtimeMs}`
}
