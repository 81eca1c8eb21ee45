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
export function interpreterReads(files: InterpreterFiles): string[] {
  const { python, base, folders } = files
  const shared = prefixesOf(files).filter((prefix) => SHARED.has(prefix)).flatMap((prefix) => ['lib', 'lib64'].map((name) => join(prefix, name)))
  return [...new Set([python, base, ...ownPrefixes(files), ...shared, ...folders, ...LIBRARIES])].filter((path) => existsSync(path))
}

/** Prefixes of an interpreter and its environment that are theirs alone. */
export function ownPrefixes(files: InterpreterFiles): string[] {
  return prefixesOf(files).filter((prefix) => !SHARED.has(prefix))
}

function prefixesOf({ python, base }: InterpreterFiles): string[] {
  return [...new Set([python, base, realpathSync(base)].map((interpreter) => dirname(dirname(interpreter))))]
}
