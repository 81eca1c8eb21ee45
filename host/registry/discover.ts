import { readdirSync, statSync } from 'node:fs'
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
  /** Files that claim the same name in the same root: none of them is a module. */
  readonly clashes: readonly { readonly source: ModuleSource; readonly failure: LoadFailure }[]
}

/** Looks for modules. A later root overrides an earlier one; roots that do not exist hold none. */
export function discover(roots: readonly ModuleRoot[], runtimes: readonly Runtime[]): Discovery {
  const byName = new Map<string, ModuleSource[]>()
  const clashes: { source: ModuleSource; failure: LoadFailure }[] = []
  for (const root of roots) {
    for (const claims of groupByName(sourcesIn(root, runtimes)).values()) {
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

function sourcesIn(root: ModuleRoot, runtimes: readonly Runtime[]): ModuleSource[] {
  const sources: ModuleSource[] = []
  for (const type of MODULE_TYPES) {
    const folder = join(root.path, type)
    for (const entry of filesIn(folder)) {
      const file = join(folder, entry)
      for (const runtime of runtimes) {
        const name = runtime.moduleName(file)
        if (name === undefined || !(root.only?.(name) ?? true)) continue
        const { name: language, confined } = runtime
        sources.push({ name, type, file, root: root.path, builtin: root.builtin, runtime: language, ...(confined && { confined }) })
      }
    }
  }
  return sources
}

/** Names of regular files, links to them included, sorted so that every machine sees the same order. */
function filesIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    return entries.filter((entry) => entry.isFile() || (entry.isSymbolicLink() && isFile(join(folder, entry.name))))
      .map((entry) => entry.name).sort()
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
