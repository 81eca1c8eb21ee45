import { readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join } from 'node:path'

/** One of Node's own modules, with or without `node:`. */
export function isBuiltin(source: string): boolean {
  return source.startsWith('node:') || BUILTINS.has(source)
}

const BUILTINS: ReadonlySet<string> = new Set(builtinModules)

/** `name` of `name/sub/path`, `@scope/name` of `@scope/name/sub/path`; undefined for what is no name of a package. */
export function packageName(source: string): string | undefined {
  return /^(@[\w.~-]+\/)?[\w~][\w.~-]*(?=\/|$)/.exec(source)?.[0]
}

/** The installed package that a file belongs to. */
export interface InstalledPackage {
  readonly name: string
  readonly folder: string
}

/** undefined for a file that is in no node_modules folder. */
export function packageOf(path: string): InstalledPackage | undefined {
  const at = path.lastIndexOf(FOLDER)
  if (at < 0) return undefined
  const rest = path.slice(at + FOLDER.length)
  const name = packageName(rest)
  return name === undefined ? undefined : { name, folder: join(path.slice(0, at), 'node_modules', name) }
}

const FOLDER = '/node_modules/'

/** Whether the package says of its `.js` files that they are ECMAScript modules. */
export function isModern(folder: string): boolean {
  try {
    return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { type?: unknown } | null)?.type === 'module'
  } catch {
    return false
  }
}

/** The node_modules folders that packages are looked for in: from a folder up, as Node does. */
export function packageFolders(from: string): string[] {
  const parent = dirname(from)
  return [join(from, 'node_modules'), ...(parent === from ? [] : packageFolders(parent))]
}
