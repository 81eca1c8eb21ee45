import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MODULE_TYPES, type ModuleType } from '../../../sandboxes/contract.ts'
import { UsageError } from '../usage_error.ts'
import { editorFiles, linkSdk } from './editor_files.ts'
import { LANGUAGES, type LanguageName } from './languages.ts'
import { renamed } from './module_name.ts'

const TEMPLATES = fileURLToPath(new URL('./templates', import.meta.url))

export interface NewModule {
  readonly name: string
  readonly type: ModuleType
  readonly language: LanguageName
  /** Module root, absolute; made if it is not there. */
  readonly root: string
}

/** A file that was written. */
export interface Written {
  /** Below the module root. */
  readonly path: string
  readonly what: string
}

/** Writes the module, its test, and what its language needs once for a root. Nothing is overwritten. Throws UsageError. */
export function writeModule({ name, type, language, root }: NewModule): readonly Written[] {
  rejectTaken(root, name)
  const own = LANGUAGES[language].files(type, name)
    .map(({ template, ...file }) => ({ ...file, text: renamed(readFileSync(join(TEMPLATES, template), 'utf8'), name) }))
  const taken = own.find(({ path }) => existsSync(join(root, path)))
  if (taken !== undefined) throw new UsageError(`expected no file at ${join(root, taken.path)}, found one: nothing is overwritten`)
  const once = language === 'typescript' ? editorFiles(root) : []
  const missing = once.filter(({ path }) => !existsSync(join(root, path))).map((file) => ({ ...file, mode: 0o644 }))
  for (const file of [...own, ...missing]) write(join(root, file.path), file)
  const link = once.length > 0 ? linkSdk(root) : undefined
  return [...own, ...missing, ...(link === undefined ? [] : [{ path: link, what: 'the SDK' }])]
}

/** Names are one for all types and languages of a root: two files that claim one are both no modules. */
function rejectTaken(root: string, name: string): void {
  for (const type of MODULE_TYPES) {
    const claims = (existsSync(join(root, type)) ? readdirSync(join(root, type)) : []).filter((entry) => CLAIM.exec(entry)?.[1] === name)
    if (claims[0] !== undefined) throw new UsageError(`expected a name that no module of ${root} has, found "${name}" in ${join(root, type, claims[0])}`)
  }
}

const CLAIM = /^(.+?)\.(?:py|ts|js|mjs|module\.json)$/

function write(file: string, { text, mode }: { readonly text: string; readonly mode: number }): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text, { flag: 'wx', mode })
  // Where the host is root, modules run as another account, which has to be able to read them whatever the umask is.
  chmodSync(file, mode)
}
