import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const CHECKOUT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')
const PACKAGE = 'misp-module-host'

/** A file that is written once for a module root. */
export interface EditorFile {
  /** Below the module root. */
  readonly path: string
  readonly text: string
  readonly what: string
}

/**
 * What an editor, tsc and Node need to find `misp-module-host/sdk` from a module root: a package that depends on this checkout, as npm
 * would write it. Nothing where the root is a part of a package that is, or has, misp-module-host.
 */
export function editorFiles(root: string): readonly EditorFile[] {
  if (isFound(root)) return []
  const manifest = { private: true, type: 'module', scripts: { test: 'node --test' }, devDependencies: { [PACKAGE]: `file:${relative(root, CHECKOUT)}` } }
  return [
    { path: 'package.json', text: `${JSON.stringify(manifest, null, 2)}\n`, what: 'npm packages for these modules; the SDK is one' },
    { path: 'tsconfig.json', text: TSCONFIG, what: 'for editors and tsc' },
  ]
}

/** Whether Node would find the SDK from here: in a package of that name, or in node_modules of a folder above. */
function isFound(folder: string): boolean {
  if (existsSync(join(folder, 'node_modules', PACKAGE, 'package.json'))) return true
  if (nameOf(join(folder, 'package.json')) === PACKAGE) return true
  return dirname(folder) !== folder && isFound(dirname(folder))
}

function nameOf(manifest: string): unknown {
  try {
    return (JSON.parse(readFileSync(manifest, 'utf8')) as { name?: unknown }).name
  } catch {
    return undefined
  }
}

/** The link that `npm install` would make for the package's `file:` dependency. Gives its path below the root; undefined: it is there. */
export function linkSdk(root: string): string | undefined {
  const path = join('node_modules', PACKAGE)
  if (lstatSync(join(root, path), { throwIfNoEntry: false }) !== undefined) return undefined
  mkdirSync(join(root, 'node_modules'), { recursive: true })
  symlinkSync(relative(join(root, 'node_modules'), CHECKOUT), join(root, path))
  return path
}

/** Types of Node, for tests, come along with the checkout. */
const TSCONFIG = `{
  "compilerOptions": {
    "target": "esnext",
    "module": "nodenext",
    "lib": ["esnext"],
    "types": ["node"],
    "typeRoots": ["node_modules/@types", "node_modules/${PACKAGE}/node_modules/@types"],
    "strict": true,
    "noUncheckedIndexedAccess": true,
    "noEmit": true,
    "allowImportingTsExtensions": true,
    "erasableSyntaxOnly": true,
    "verbatimModuleSyntax": true,
    "skipLibCheck": true
  },
  "include": ["expansion", "import_mod", "export_mod", "action_mod", "tests"]
}
`
