import { basename, extname } from 'node:path'

const ENDINGS: ReadonlySet<string> = new Set(['.ts', '.js', '.mjs'])

/**
 * Name of the module that a file in a module root is: `<name>.ts`, `.js` or `.mjs`. Names that begin with `_` or `.` are for what modules
 * import, as in Python; `.d.ts` are types, and `.test.ts` and the like test a module.
 */
export function isolateModuleName(file: string): string | undefined {
  const ending = extname(file)
  const name = basename(file, ending)
  return ENDINGS.has(ending) && !/^[._]|\.(d|test|spec|config)$/.test(name) ? name : undefined
}
