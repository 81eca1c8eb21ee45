import { realpathSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'
import type { Candidate } from './candidate.ts'

/** What a package manager writes last: what is below node_modules, which nobody watches, may be another version now. */
const PACKAGE_FILES = new Set(['package.json', 'package-lock.json', 'npm-shrinkwrap.json', 'pnpm-lock.yaml', 'yarn.lock'])

/** Files that came, went or changed, and what that is about. */
export class Change {
  readonly #paths: ReadonlySet<string> | undefined
  readonly #names: ReadonlySet<string>
  readonly #roots = new Map<string, boolean>()
  readonly #packages: boolean

  /** undefined: it could be any file. */
  constructor(paths: ReadonlySet<string> | undefined) {
    this.#paths = paths
    this.#names = namesOf(paths ?? [])
    this.#packages = [...(paths ?? [])].some((path) => PACKAGE_FILES.has(basename(path)))
  }

  /** Whether the candidate has read one of the files. */
  concerns({ source, names }: Candidate): boolean {
    if (this.#paths === undefined) return !source.builtin
    for (const name of names) {
      if (this.#names.has(name)) return true
      if (this.#packages && name.includes(`${sep}node_modules${sep}`)) return true
    }
    return false
  }

  /** Whether it is about something below this root. */
  isBelow(root: string): boolean {
    let isBelow = this.#roots.get(root)
    if (isBelow === undefined) {
      const prefix = root.endsWith(sep) ? root : root + sep
      isBelow = [...(this.#paths ?? [])].some((path) => path.startsWith(prefix))
      this.#roots.set(root, isBelow)
    }
    return isBelow
  }
}

/** The names of files as they were given, and with links in the names of their folders resolved. */
function namesOf(paths: Iterable<string>): ReadonlySet<string> {
  const folders = new Map<string, string>()
  const names = new Set(paths)
  for (const path of paths) {
    const folder = dirname(path)
    let real = folders.get(folder)
    if (real === undefined) folders.set(folder, real = realFolder(folder))
    if (real !== folder) names.add(join(real, basename(path)))
  }
  return names
}

function realFolder(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
