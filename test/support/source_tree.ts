import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

export const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

/** Our own source, of whatever language, by path from the project's folder. */
export type SourceTree = ReadonlyMap<string, string>

export interface Import {
  readonly from: string
  /** A path in the tree, or the name of a package. */
  readonly to: string
}

const FOLDERS = ['host', 'sandboxes', 'modules', 'examples', 'test']

/** Every source file that there is on disk, committed or not. */
export function readSourceTree(): SourceTree {
  const present = new Set(readdirSync(PROJECT))
  const paths = FOLDERS.filter((folder) => present.has(folder)).flatMap((folder) => filesBelow(folder))
  return new Map(paths.filter((path) => /\.(ts|js|py)$/.test(path)).map((path) => [path, readFileSync(join(PROJECT, path), 'utf8')]))
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(PROJECT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => posix.join(entry.parentPath.slice(PROJECT.length), entry.name))
}

/** What TypeScript and JavaScript files name in imports of every form, types included. */
export function importsOf(tree: SourceTree): readonly Import[] {
  return [...tree].filter(([path]) => /\.[jt]s$/.test(path)).flatMap(([from, text]) =>
    [...text.matchAll(IMPORT)].map((found) => ({ from, to: resolved(from, found[1] ?? found[2] ?? found[3] ?? '') })))
}

/** `import ... from`, `export ... from`; `import 'x'`; `import('x')`, `require('x')` and what `createRequire` returns. */
const IMPORT =
  /^(?:import|export)\b[^'"]*?\bfrom\s*['"]([^'"]+)['"]|^import\s*['"]([^'"]+)['"]|\b(?:import|[rR]equire)\s*\(\s*['"]([^'"]+)['"]/gm

function resolved(from: string, specifier: string): string {
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : specifier
}

/** Each cycle of imports once, as "a -> b -> a". */
export function importCycles(imports: readonly Import[]): readonly string[] {
  const targets = Map.groupBy(imports, ({ from }) => from)
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (path: string, way: readonly string[]) => {
    if (way.includes(path)) return void cycles.push([...way.slice(way.indexOf(path)), path].join(' -> '))
    if (done.has(path)) return
    for (const { to } of targets.get(path) ?? []) visit(to, [...way, path])
    done.add(path)
  }
  for (const path of targets.keys()) visit(path, [])
  return cycles
}
