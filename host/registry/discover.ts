import { readdirSync, statSync, type Dirent } from 'node:fs'
import { join } from 'node:path'
import { MODULE_TYPES, type LoadFailure, type ModuleSource } from '../../sandboxes/contract.ts'
import type { Runtime } from '../../sandboxes/runtime.ts'

/** A folder that holds modules in upstream's layout: `<root>/<type>/<name>.<ending>`. */
export interface ModuleRoot {
  readonly path: string
  readonly builtin: boolean
  /** Which of its modules there are, by name. All where absent. */
  readonly only?: (name: string) => boolean
}

/** All files that claim a name, the one with the most right to it first. */
export interface Candidates {
  readonly name: string
  readonly sources: readonly ModuleSource[]
}

export interface Discovery {
  /** Where was looked, the one with the most right to a name last. */
  readonly roots: readonly string[]
  readonly candidates: readonly Candidates[]
  /** Files that claim the same name in the same root, and the first that a root has too many of: none of them is a module. */
  readonly clashes: readonly { readonly source: ModuleSource; readonly failure: LoadFailure }[]
}

/** Looks for modules. A later root overrides an earlier one; roots that do not exist hold none. */
export function discover(roots: readonly ModuleRoot[], runtimes: readonly Runtime[]): Discovery {
  const byName = new Map<string, ModuleSource[]>()
  const clashes: { source: ModuleSource; failure: LoadFailure }[] = []
  for (const root of roots) {
    const { sources: found, beyond } = sourcesIn(root, runtimes)
    if (beyond !== undefined) clashes.push({ source: beyond, failure: { error: TOO_MANY } })
    for (const claims of groupByName(found).values()) {
      const [first] = claims
      if (first === undefined) continue
      if (claims.length === 1) {
        byName.set(first.name, [first, ...(byName.get(first.name) ?? [])])
      } else {
        const files = claims.map(({ file }) => file).join(' and ')
        for (const source of claims) clashes.push({ source, failure: { error: `the name "${first.name}" is claimed by ${files}` } })
      }
    }
  }
  return { roots: roots.map(({ path }) => path), candidates: [...byName].map(([name, sources]) => ({ name, sources })), clashes }
}

/** Most modules of one root where they are apart: a stranger's folder is looked through at each save, while everybody waits. */
const MOST = 2000
const TOO_MANY = `there are more than ${MOST} modules in its folder: this one and those after it are not looked at`

/** `beyond`: the first that is too many. */
function sourcesIn(root: ModuleRoot, runtimes: readonly Runtime[]): { sources: readonly ModuleSource[]; beyond?: ModuleSource } {
  const sources: ModuleSource[] = []
  let looked = 0
  for (const type of MODULE_TYPES) {
    const folder = join(root.path, type)
    for (const entry of entriesIn(folder)) {
      const file = join(folder, entry.name)
      for (const runtime of runtimes) {
        const name = runtime.moduleName(file)
        if (name === undefined || !(root.only?.(name) ?? true)) continue
        const { name: language, confined } = runtime
        const source = { name, type, file, root: root.path, builtin: root.builtin, runtime: language, ...(confined && { confined }) }
        if (confined !== undefined && (looked += 1) > MOST) return { sources, beyond: source }
        // Links are followed here, where there are no more than are looked at.
        if (entry.isFile() || isFile(file)) sources.push(source)
      }
    }
  }
  return { sources }
}

/** Files and links, sorted so that every machine sees the same order. */
function entriesIn(folder: string): Dirent[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile() || entry.isSymbolicLink())
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch {
    return []
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}

function groupByName(sources: readonly ModuleSource[]): Map<string, ModuleSource[]> {
  const groups = new Map<string, ModuleSource[]>()
  for (const source of sources) groups.set(source.name, [...(groups.get(source.name) ?? []), source])
  return groups
}
