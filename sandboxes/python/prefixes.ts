import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface Interpreters {
  /** The interpreter to launch, and the one behind it. */
  readonly python: string
  readonly base: string
}

/** Those that the rest of the system has as well. */
const SHARED = new Set(['/', '/usr', '/usr/local'])

/** Prefixes that an interpreter and its environment share with the system. */
export function sharedPrefixes(interpreters: Interpreters): string[] {
  return prefixesOf(interpreters).filter((prefix) => SHARED.has(prefix))
}

/** Those that are theirs alone. A folder that merely has a link to an interpreter in its `bin`, as a home may, is none. */
export function ownPrefixes(interpreters: Interpreters): string[] {
  return prefixesOf(interpreters).filter((prefix) => !SHARED.has(prefix) && partsOf(prefix).length > 0)
}

function prefixesOf({ python, base }: Interpreters): string[] {
  return [...new Set([python, base, realpathSync(base)].map((interpreter) => dirname(dirname(interpreter))))]
}

/** What environments of any kind have, and what those have that are nothing else than an environment. */
const PARTS = ['bin', 'lib', 'lib64']
const PARTS_OF_VENV = [...PARTS, 'pyvenv.cfg', 'etc', 'share']
const PARTS_OF_CONDA = [...PARTS, 'etc', 'share', 'ssl']

/** What of a prefix Python itself reads. Empty where there is no environment. */
export function partsOf(prefix: string): string[] {
  const names = existsSync(join(prefix, 'pyvenv.cfg')) ? PARTS_OF_VENV : existsSync(join(prefix, 'conda-meta')) ? PARTS_OF_CONDA : hasLibrary(prefix) ? PARTS : []
  return names.map((name) => join(prefix, name)).filter((path) => existsSync(path))
}

/** Whether Python's own library is there, and not just packages of a user. */
function hasLibrary(prefix: string): boolean {
  return ['lib', 'lib64'].map((name) => join(prefix, name)).some((folder) =>
    namesIn(folder).some((name) => /^(python|pypy)3/.test(name) && (name.endsWith('.zip') || existsSync(join(folder, name, 'os.py')))))
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
