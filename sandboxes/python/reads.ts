import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { LIBRARIES } from '../launch/mounts.ts'
import { ownPrefixes, partsOf, sharedPrefixes, type Interpreters } from './prefixes.ts'

export interface InterpreterFiles extends Interpreters {
  /** Folders that packages are installed in. */
  readonly folders: readonly string[]
}

/** The files and folders of an interpreter and its environment, and of the system what libraries read: no programs, and nothing of a project around them. */
export function interpreterReads(files: InterpreterFiles): string[] {
  const { python, base, folders } = files
  const shared = sharedPrefixes(files).flatMap((prefix) => ['lib', 'lib64'].map((name) => join(prefix, name)))
  return [...new Set([python, base, ...ownPrefixes(files).flatMap(partsOf), ...shared, ...folders, ...LIBRARIES])].filter((path) => existsSync(path))
}
