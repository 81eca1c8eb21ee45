import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { MODULE_TYPES, type LoadFailure, type ModuleSource, type ModuleType } from '../../sandboxes/contract.ts'
import type { Runtime } from '../../sandboxes/runtime.ts'
import { UsageError } from '../cli/usage_error.ts'
import { discover } from '../registry/discover.ts'

/** A file to check. */
export interface Target {
  readonly source: ModuleSource
  /** The folder does not say which type it is: `source.type` is only where to begin. */
  readonly guess: boolean
  /** Why the host would not even try it. */
  readonly clash: LoadFailure | undefined
}

/** A file below a folder that is no module, and why not. */
export interface Skipped {
  readonly file: string
  readonly why: string
}

export interface Targets {
  readonly targets: readonly Target[]
  readonly skipped: readonly Skipped[]
}

export interface TargetOptions {
  readonly runtimes: readonly Runtime[]
  /** `--type`. */
  readonly type: ModuleType | undefined
}

/** The modules that a path on the command line means: one file, or all below a folder. Throws UsageError. */
export function targetsAt(path: string, options: TargetOptions): Targets {
  const absolute = resolve(path)
  const stats = statSync(absolute, { throwIfNoEntry: false })
  if (stats === undefined) throw new UsageError(`expected a file or a folder, found nothing at ${path}`)
  if (!stats.isDirectory()) return { targets: [oneFile(absolute, options)], skipped: [] }
  const found = below(absolute, options)
  if (found.targets.length === 0) {
    const looked = found.skipped.map(({ file, why }) => `\n  ${file}: ${why}`).join('')
    throw new UsageError(`expected modules below ${path} (${MODULE_TYPES.map((type) => `${type}/<name>.*`).join(', ')}), found none${looked}`)
  }
  return found
}

/** Whether there is a file in Python that the host would try: nobody else says whether it is a module. */
export function hasPython(path: string): boolean {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path.endsWith('.py')
  return filesBelow(resolve(path)).some((file) => file.endsWith('.py') && typeOf(dirname(file)) !== undefined && !basename(file).startsWith('_'))
}

function oneFile(file: string, { runtimes, type }: TargetOptions): Target {
  const why = whyNot(file, runtimes)
  if (why !== undefined) throw new UsageError(`expected a module, found ${file}: ${why}`)
  const folder = typeOf(dirname(file))
  if (folder === undefined) return loose(file, { runtimes, type })
  if (type !== undefined && type !== folder) throw new UsageError(`expected --type to be ${folder}, as the folder of ${file} says, found ${type}`)
  const target = inRoot(dirname(dirname(file)), runtimes).find(({ source }) => source.file === file)
  if (target === undefined) throw new UsageError(`expected a module, found ${file}: it is no regular file`)
  return target
}

/** A file outside of any module root: it is checked as if its folder were one. */
function loose(file: string, { runtimes, type }: TargetOptions): Target {
  const [claim] = runtimes.flatMap((runtime) => {
    const name = runtime.moduleName(file)
    return name === undefined ? [] : [{ name, runtime: runtime.name, ...(runtime.confined && { confined: runtime.confined }) }]
  })
  const source = { name: '', runtime: '', ...claim, type: type ?? 'expansion', file, root: dirname(file), builtin: false }
  return { source, guess: type === undefined, clash: undefined }
}

function below(folder: string, options: TargetOptions): Targets {
  const { runtimes, type } = options
  const files = filesBelow(folder)
  const roots = new Set(files.map(dirname).filter((each) => typeOf(each) !== undefined).map(dirname))
  const rooted = [...roots].flatMap((root) => inRoot(root, runtimes)).filter(({ source }) => within(source.file, folder))
  const claimed = new Set(rooted.map(({ source }) => source.file))
  const others = files.filter((file) => !claimed.has(file))
  const asked = type === undefined ? [] : others.filter((file) => dirname(file) === folder && whyNot(file, runtimes) === undefined)
  const skipped = others.filter((file) => !asked.includes(file)).flatMap((file) => {
    const why = whyNot(file, runtimes)
    // What lies beside the folders of modules, such as tests and documents, does not claim to be one.
    if (typeOf(dirname(file)) !== undefined) return why === undefined ? [] : [{ file, why }]
    const loneModule = dirname(file) === folder && why === undefined
    return loneModule ? [{ file, why: `the host looks for modules in folders named ${MODULE_TYPES.join(', ')} only` }] : []
  })
  return { targets: [...rooted, ...asked.map((file) => loose(file, options))], skipped }
}

/** What the host would find in a root, those that clash included. */
function inRoot(root: string, runtimes: readonly Runtime[]): Target[] {
  const { candidates, clashes } = discover([{ path: root, builtin: false }], runtimes)
  return [
    ...candidates.flatMap(({ sources }) => sources.map((source) => ({ source, guess: false, clash: undefined }))),
    ...clashes.map(({ source, failure }) => ({ source, guess: false, clash: failure })),
  ].sort((a, b) => (a.source.file < b.source.file ? -1 : 1))
}

function whyNot(file: string, runtimes: readonly Runtime[]): string | undefined {
  if (runtimes.some((runtime) => runtime.moduleName(file) !== undefined)) return undefined
  if (basename(file).startsWith('_')) return 'a helper: files that begin with _ are no modules'
  return `no runtime claims it (there are: ${runtimes.map(({ name }) => name).join(', ')})`
}

function typeOf(folder: string): ModuleType | undefined {
  return MODULE_TYPES.find((type) => type === basename(folder))
}

function within(file: string, folder: string): boolean {
  return file.startsWith(join(folder, '/'))
}

const NEVER = new Set(['node_modules', '__pycache__'])

function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true })
  // An environment of Python may hold thousands of files, upstream's modules among them.
  if (entries.some(({ name }) => name === 'pyvenv.cfg')) return []
  return entries.filter(({ name }) => !name.startsWith('.') && !NEVER.has(name)).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesBelow(path) : [path]
  }).sort()
}
