import { closeSync, openSync, readSync } from 'node:fs'
import { basename, delimiter, isAbsolute, join } from 'node:path'
import { isExecutable } from '../executable.ts'

/** Interpreters that the Python scripts of this name on PATH start with, in the order of PATH. Other programs are skipped. */
export function* interpreterBehind(script: string, path: string): Generator<string> {
  const seen = new Set<string>()
  for (const folder of foldersOf(path)) {
    const python = interpreterOf(join(folder, script), path)
    if (python === undefined || seen.has(python)) continue
    seen.add(python)
    yield python
  }
}

/** The absolute folders of a PATH. A relative one would depend on where the host was started. */
export function foldersOf(path: string): string[] {
  return path.split(delimiter).filter((folder) => isAbsolute(folder))
}

/** Where a program is on PATH. */
export function onPath(program: string, path: string): string | undefined {
  return foldersOf(path).map((folder) => join(folder, program)).find(isExecutable)
}

function interpreterOf(script: string, path: string): string | undefined {
  const [first = '', second = ''] = head(script).split('\n', 2)
  if (!first.startsWith('#!')) return undefined
  const words = first.slice(2).trim().split(/\s+/)
  const named = basename(words[0] ?? '') === 'env' ? onPath(words.at(-1) ?? '', path) : words[0]
  if (named !== undefined && isAbsolute(named) && isPython(named)) return named
  // pip and uv write this form where the path of the environment is too long for a first line, or has a space in it.
  const quoted = /^'''exec' "?([^"]+?)"? "\$0"/.exec(second)?.[1]
  return quoted !== undefined && isPython(quoted) ? quoted : undefined
}

function isPython(file: string): boolean {
  return /^(python|pypy)/.test(basename(file))
}

function head(file: string): string {
  const bytes = Buffer.alloc(1024)
  try {
    const descriptor = openSync(file, 'r')
    try {
      return bytes.toString('utf8', 0, readSync(descriptor, bytes))
    } finally {
      closeSync(descriptor)
    }
  } catch {
    return ''
  }
}
