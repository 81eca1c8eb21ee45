import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { LIBRARIES } from '../launch/mounts.ts'

export interface InterpreterFiles {
  /** The interpreter to launch, and the one behind it. */
  readonly python: string
  readonly base: string
  /** Folders that packages are installed in. */
  readonly folders: readonly string[]
}

/** Prefixes that the rest of the system shares: of these only the libraries. */
const SHARED = new Set(['/', '/usr', '/usr/local'])

/** The files and folders of an interpreter and its environment, and of the system what libraries read: no programs. */
export function interpreterReads({ python, base, folders }: InterpreterFiles): string[] {
  const prefixes = [prefixOf(python), prefixOf(base), prefixOf(realpathSync(base))]
  const own = prefixes.flatMap((prefix) => (SHARED.has(prefix) ? ['lib', 'lib64'].map((name) => join(prefix, name)) : [prefix]))
  return [...new Set([python, base, ...own, ...folders, ...LIBRARIES])].filter((path) => existsSync(path))
}

function prefixOf(interpreter: string): string {
  return dirname(dirname(interpreter))
}
