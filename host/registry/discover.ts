import { opendirSync, statSync, type Dirent } from 'node:fs'
import { join } from 'node:path'
import { isItself } from '../../sandboxes/is_itself.ts'
import { MODULE_TYPES, type LoadFailure, type ModuleSource } from '../../sandboxes/contract.ts'
import type { Runtime } from '../../sandboxes/runtime.ts'

/** A folder that holds modules in upstream's layout: `<root>/<type>/<name>.<ending>`. */
export interface ModuleRoot {
  readonly path: string
  readonly builtin: boolean
  /** Which of its modules there are, by name. All where absent. */
  readonly only?: (name: string) => boolean
  /** Whether it is a tenant's own, and nothing of the operator's. */
  readonly own?: boolean
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
  /** Files that claim the same name in the same root, the first that a root has too many of, and folders that cannot be read: none of them is a module. */
  readonly clashes: readonly { readonly source: ModuleSource; readonly failure: LoadFailure }[]
}

/** Looks for modules. A later root overrides an earlier one; roots that do not exist hold none. */
export function discover(roots: readonly ModuleRoot[], runtimes: readonly Runtime[]): Discovery {
  const byName = new Map<string, ModuleSource[]>()
  const clashes: { source: ModuleSource; failure: LoadFailure }[] = []
  for (const root of roots) {
    const { sources: found, beyond } = sourcesIn(root, runtimes)
    clashes.push(...beyond)
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
/** Most files and folders in one of its folders. */
const MOST_ENTRIES = 10_000

/** `beyond`: the first that is too many, or a folder that has too much or cannot be read. */
function sourcesIn(root: ModuleRoot, runtimes: readonly Runtime[]): { sources: readonly ModuleSource[]; beyond: Discovery['clashes'] } {
  const sources: ModuleSource[] = []
  const beyond: { source: ModuleSource; failure: LoadFailure }[] = []
  // Whose files those would be that a stranger's link leads to is for nobody to find out.
  if (root.own && !isItself(root.path)) return { sources, beyond }
  const most = runtimes.some(({ confined }) => confined !== undefined) ? MOST_ENTRIES : Infinity
  let looked = 0
  for (const type of MODULE_TYPES) {
    const folder = join(root.path, type)
    if (root.own && most < Infinity && !isItself(folder)) continue
    const { entries, trouble } = entriesIn(folder, most)
    if (trouble !== undefined) {
      const source = { name: type, type, file: folder, root: root.path, builtin: root.builtin, runtime: runtimes[0]?.name ?? '' }
      beyond.push({ source, failure: { error: trouble } })
    }
    for (const entry of entries) {
      const file = join(folder, entry.name)
      for (const runtime of runtimes) {
        const name = runtime.moduleName(file)
        if (name === undefined || !(root.only?.(name) ?? true)) continue
        const { name: language, confined } = runtime
        const source = { name, type, file, root: root.path, builtin: root.builtin, runtime: language, ...(root.own && { own: true }), ...(confined && { confined }) }
        if (confined !== undefined && (looked += 1) > MOST) {
          const error = `there are more than ${MOST} modules in its root: this one and those after it are not looked at`
          return { sources, beyond: [...beyond, { source, failure: { error } }] }
        }
        // Links are followed here, where there are no more than are looked at.
        if (entry.isFile() || isFile(file)) sources.push(source)
      }
    }
  }
  return { sources, beyond }
}

const NOT_THERE = new Set(['ENOENT', 'ENOTDIR'])

/** Files and links, sorted so that every machine sees the same order. `trouble`: why there may be others. */
function entriesIn(folder: string, most: number): { entries: Dirent[]; trouble?: string } {
  try {
    using opened = opendirSync(folder, { bufferSize: 256 })
    const entries: Dirent[] = []
    let count = 0
    let entry = opened.readSync()
    for (; entry !== null && count < most; entry = opened.readSync(), count += 1) {
      if (entry.isFile() || entry.isSymbolicLink()) entries.push(entry)
    }
    const sorted = entries.sort((a, b) => (a.name < b.name ? -1 : 1))
    return entry === null ? { entries: sorted } : { entries: sorted, trouble: `there are more than ${MOST_ENTRIES} files in this folder: the others are not looked at` }
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    return { entries: [], ...(!NOT_THERE.has(code) && { trouble: `this folder cannot be read: ${message}` }) }
  }
}

/** A link may lead anywhere, in a circle too. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    return false
  }
}

function groupByName(sources: readonly ModuleSource[]): Map<string, ModuleSource[]> {
  const groups = new Map<string, ModuleSource[]>()
  for (const source of sources) groups.set(source.name, [...(groups.get(source.name) ?? []), source])
  return groups
}
