import { createHash } from 'node:crypto'
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, extname, join, sep } from 'node:path'
import type { LoadFailure, ModuleFile } from '../../contract.ts'
import { largest, megabytes } from './budget.ts'
import { isBuiltin, isModern, packageFolders, packageName, packageOf } from './packages.ts'
import { shortPath } from './short_path.ts'

export interface InputsOptions {
  readonly file: string
  readonly root: string
  readonly sdk: string
  readonly mostBytes: number
}

/** A file or an import that is refused; why is in `Inputs.refusal`. */
export class Refused extends Error {}

const PROJECT = 'misp-module-host'
const SDK = `${PROJECT}/sdk`
const KINDS = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json']
/** The header of a message on the wire has 64 KiB, and names at most 1,000 files. */
const LISTED_BYTES = 48 * 1024
const LISTED_FILES = 900

/**
 * The files that a bundle is made of. Each is read here, once: what is compiled is what its digest is of, and nothing is read that is
 * not below the module root or in a folder of packages.
 */
export class Inputs {
  readonly #options: InputsOptions
  /** Real paths of the folders that may be read. */
  readonly #allowed: readonly string[]
  readonly #realRoot: string
  readonly #taken = new Map<string, Taken>()
  readonly #late = new Set<string>()
  /** Names of packages, and the file that first imported each. */
  readonly #broughtBy = new Map<string, string>()
  #bytes = 0
  #refusal: LoadFailure | undefined

  constructor(options: InputsOptions) {
    this.#options = options
    this.#realRoot = real(options.root) ?? options.root
    this.#allowed = [this.#realRoot, ...packageFolders(dirname(options.file)).flatMap((folder) => real(folder) ?? [])]
  }

  /** The first import or file that was refused. */
  get refusal(): LoadFailure | undefined {
    return this.#refusal
  }

  /** Whether there is code that may rely on not being in strict mode. */
  get sloppy(): boolean {
    return [...this.#taken.keys()].some((id) => {
      const installed = packageOf(id)
      return installed !== undefined && ['.js', '.cjs'].includes(extname(id)) && (id.endsWith('.cjs') || !isModern(installed.folder))
    })
  }

  /** Decides about an import; null: rolldown finds the file. */
  resolve(source: string, importer: string | undefined, dynamic: boolean): Resolved {
    if (source === SDK) return { id: this.#options.sdk }
    if (importer === undefined) return null
    if (source.startsWith(`${PROJECT}/`) || source === PROJECT) {
      this.#refuse({ error: `${this.whose(importer)} imports "${cut(source)}"; of that, modules can import "${SDK}"`, ...this.#place(importer, source) })
    }
    const name = packageName(source)
    if (name !== undefined && !this.#broughtBy.has(name)) this.#broughtBy.set(name, importer)
    // A package may ask for what is not there and go on without; the author is told at once.
    const late = dynamic && packageOf(importer) !== undefined
    if (late) this.#late.add(`${importer}\n${source}`)
    if (!/^([a-z][a-z\d+.-]*:|\/\/)/i.test(source) || isBuiltin(source)) return null
    if (!late) this.#refuse({ error: `${this.whose(importer)} imports "${cut(source)}": only files and packages can be imported`, ...this.#place(importer, source) })
    return { id: source, external: true }
  }

  /** Whether it is imported when the code runs, by a package: then it fails only there. */
  isLate(importer: string, source: string): boolean {
    return this.#late.has(`${importer}\n${source}`)
  }

  /** Refuses a file that an import has led to, if it must not be read. */
  check(id: string, source: string, importer: string): void {
    const reason = this.#objection(id)
    if (reason !== undefined) this.#refuse({ error: `${this.whose(importer)} imports "${cut(source)}": ${reason}`, ...this.#place(importer, source) })
  }

  /** The content of a file; null for what rolldown makes itself. Throws Refused. */
  take(id: string): string | null {
    if (id.startsWith('\0')) return null
    const objection = this.#objection(id)
    if (objection !== undefined) this.#refuse({ error: `an import is refused: ${objection}` })
    if (this.#refusal !== undefined) throw new Refused()
    const bytes = this.#read(id)
    this.#bytes += bytes.length
    const taken: Taken = { bytes: bytes.length, sha256: digestOf(bytes), text: undefined }
    this.#taken.set(id, taken)
    if (this.#bytes > this.#options.mostBytes) this.#refuseSize()
    const text = this.#decoded(id, bytes)
    if (packageOf(id) === undefined) taken.text = text
    if (extname(id) === '.json') this.#checkJson(id, text)
    return text
  }

  /**
   * The module's own files, and what there is to be known of its packages: the `package.json` of each, and of those with few files
   * these as well. A package of hundreds of files is known by its version alone: the list would be longer than a message may be.
   */
  files(): ModuleFile[] {
    const listed: ModuleFile[] = []
    const packages = new Map<string, ModuleFile[]>()
    for (const [id, { sha256 }] of this.#taken) {
      if (this.#isOurs(id)) continue
      const file = { path: this.shown(id), sha256 }
      const installed = packageOf(id)
      if (installed === undefined) listed.push(file)
      else packages.set(installed.folder, [...(packages.get(installed.folder) ?? []), file])
    }
    for (const folder of packages.keys()) listed.push(...this.#manifestOf(folder))
    let bytes = bytesOf(listed)
    for (const files of [...packages.values()].sort((a, b) => a.length - b.length)) {
      bytes += bytesOf(files)
      if (bytes > LISTED_BYTES || listed.length + files.length > LISTED_FILES) break
      listed.push(...files.filter(({ path }) => !listed.some((other) => other.path === path)))
    }
    return listed
  }

  /** The reason why a module is not taken that has more files of its own than a message can name. */
  tooMany(): LoadFailure | undefined {
    const own = this.files().filter(({ path }) => packageOf(path) === undefined)
    if (own.length <= LISTED_FILES && bytesOf(own) <= LISTED_BYTES) return undefined
    return { error: `the module is made of ${own.length} files of its own, with packages apart: more than can be watched` }
  }

  /** How the owner of a file is called in an error. */
  whose(importer: string): string {
    const installed = packageOf(importer)
    if (installed === undefined) return this.name(importer)
    const outer = this.#outermost(installed.name)
    return outer === installed.name ? `the package "${outer}"` : `the package "${installed.name}", which "${outer}" brings,`
  }

  name(id: string): string {
    return shortPath(this.shown(id), this.#options.root)
  }

  /** A path as discovery knows it: below the root that was given, which may be a link. */
  shown(id: string): string {
    return within(id, this.#realRoot) ? join(this.#options.root, id.slice(this.#realRoot.length)) : id
  }

  /** The folder to install a package in that a file lacks: the next one up, outside of packages, that has a package.json, or the module root. */
  home(importer: string): string {
    const { root } = this.#options
    const [before = '', inPackage] = this.shown(importer).split('/node_modules/', 2)
    for (let folder = inPackage === undefined ? dirname(before) : before; within(folder, root); folder = dirname(folder)) {
      if (existsSync(join(folder, 'package.json'))) return folder
    }
    return root
  }

  #manifestOf(folder: string): ModuleFile[] {
    const path = join(folder, 'package.json')
    return this.#objection(path) === undefined ? [{ path: this.shown(path), sha256: digestOf(readFileSync(path)) }] : []
  }

  /** The package that the module itself imports and that has led to this one. */
  #outermost(name: string, seen: readonly string[] = []): string {
    const outer = packageOf(this.#broughtBy.get(name) ?? '')?.name
    return outer === undefined || seen.includes(outer) ? name : this.#outermost(outer, [...seen, outer])
  }

  #read(id: string): Buffer {
    try {
      const stat = statSync(id)
      if (!stat.isFile()) throw new Error('it is no file')
      if (stat.size > this.#options.mostBytes) throw new Error(`it has ${megabytes(stat.size)}, at most ${megabytes(this.#options.mostBytes)} are read`)
      return readFileSync(id)
    } catch (cause) {
      this.#refuse({ error: `${this.name(id)} cannot be read: ${(cause as Error).message}`, file: this.shown(id) })
      throw new Refused()
    }
  }

  #decoded(id: string, bytes: Uint8Array): string {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    } catch {
      this.#refuse({ error: `${this.name(id)} is not UTF-8`, file: this.shown(id) })
      throw new Refused()
    }
  }

  /** rolldown's report would not say which file it is about. */
  #checkJson(id: string, text: string): void {
    try {
      JSON.parse(text)
    } catch (error) {
      const { message } = error as Error
      const line = Number(/\(line (\d+)/.exec(message)?.[1] ?? 1)
      this.#refuse({ error: `SyntaxError: ${this.name(id)} is no JSON: ${message.split('\n').join(' ')}`, file: this.shown(id), line })
      throw new Refused()
    }
  }

  /** Why a file must not be read. */
  #objection(id: string): string | undefined {
    if (this.#isOurs(id)) return undefined
    const path = real(id)
    if (path === undefined) return `${id} cannot be read`
    if (!this.#allowed.some((folder) => within(path, folder))) {
      return `${path} is neither in the module root ${this.#options.root} nor in a node_modules folder from there up`
    }
    if (!KINDS.includes(extname(path))) return `${this.name(path)} is of none of the kinds that can be imported, which are ${KINDS.join(', ')}`
    return undefined
  }

  /** What the project offers to modules: its version is that of the host. */
  #isOurs(id: string): boolean {
    return within(id, dirname(this.#options.sdk))
  }

  #refuseSize(): never {
    const inputs = [...this.#taken].map(([id, { bytes }]) => [this.name(id), bytes] as const)
    this.#refuse({
      error: `the module's files have ${megabytes(this.#bytes)} and there are more, at most ${megabytes(this.#options.mostBytes)} are read; ${largest(inputs)}`,
    })
    throw new Refused()
  }

  #refuse(reason: LoadFailure): void {
    this.#refusal ??= reason
  }

  /** Where an import is in its file. */
  #place(importer: string, source: string): Pick<LoadFailure, 'file' | 'line'> {
    const text = this.#taken.get(importer)?.text ?? ''
    const at = [`'${source}'`, `"${source}"`, source].map((quoted) => text.indexOf(quoted)).find((index) => index >= 0)
    return { file: this.shown(importer), ...(at !== undefined && { line: text.slice(0, at).split('\n').length }) }
  }
}

interface Taken {
  readonly bytes: number
  readonly sha256: string
  /** Kept of the module's own files, for errors. */
  text: string | undefined
}

type Resolved = { readonly id: string; readonly external?: true } | null

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function bytesOf(files: readonly ModuleFile[]): number {
  return files.reduce((sum, { path }) => sum + Buffer.byteLength(path) + 96, 0)
}

function real(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

function within(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

function cut(source: string): string {
  return source.length > 200 ? `${source.slice(0, 200)}...` : source
}
