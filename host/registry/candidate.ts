import { existsSync, realpathSync } from 'node:fs'
import { AuthoredFiles } from '../../sandboxes/authored_files.ts'
import type { LoadFailure, ModuleFile, ModuleSource } from '../../sandboxes/contract.ts'
import { AskingPace } from './asking_pace.ts'
import type { LoadedModule, NotLoaded } from './catalogue.ts'
import type { Described } from './describe_cache.ts'
import { digest } from './digest.ts'

/**
 * Finds out about a file; settles with undefined where `signal` said that nobody wants to know any more. `saved`: it was just saved, so
 * that somebody waits for it.
 */
export type AskAbout = (source: ModuleSource, saved: boolean, signal: AbortSignal) => Promise<Described | undefined>

/** A version that does not load is told of when nothing was saved for so long: the next save may mend it. */
const REPORT_MS = 500

/** One file that claims to be a module, through all its versions. */
export class Candidate {
  readonly source: ModuleSource
  /** Its newest version that loads: it stays while a newer one does not. */
  good: LoadedModule | undefined
  /** Why its newest version does not load. */
  failed: NotLoaded | undefined
  /**
   * Whether it is there. `clashes`: another file of its root claims the same name, and neither has it; `gone`: the file is not there,
   * which may be the middle of a save. Nobody asks about these, and what was good before stays.
   */
  claim: 'found' | 'clashes' | 'gone' = 'found'
  /** How often it was asked about again because something else was saved. */
  retries = 0
  readonly #reported: () => void
  #names: ReadonlySet<string>
  readonly #pace = new AskingPace()
  #stale = true
  /** Its own files were saved since it was last told of as not loading. */
  #saved = false
  #asking: { readonly done: Promise<void>; readonly stop: AbortController } | undefined
  #report: NodeJS.Timeout | undefined
  #timer: NodeJS.Timeout | undefined

  /** `reported` is called when a failure is to be told of. */
  constructor(source: ModuleSource, before: Candidate | undefined, reported: () => void) {
    this.source = source
    this.good = before?.good
    this.failed = before?.failed
    this.#reported = reported
    this.#names = namesOf(source, this.good?.introspection.files ?? [])
  }

  /** Nothing that is known of it is in doubt. */
  get isSettled(): boolean {
    return this.claim !== 'found' || (!this.#stale && this.#asking === undefined)
  }

  /** Its newest version is loaded. */
  get isGood(): boolean {
    return this.isSettled && this.failed === undefined && this.#report === undefined && this.good !== undefined
  }

  /** Whether its file is there, whatever we were told. */
  get isThere(): boolean {
    return existsSync(this.source.file)
  }

  /** The files that it read, its own among them, by every name that they go by. */
  get names(): ReadonlySet<string> {
    return this.#names
  }

  /** What is known of it is no longer sure. `saved`: one of its own files has changed. */
  doubt(saved: boolean): void {
    this.#stale = true
    this.#saved ||= saved
    if (saved) this.retries = 0
    clearTimeout(this.#report)
    clearTimeout(this.#timer)
    this.#report = this.#timer = undefined
  }

  /** The same as `doubt` in a while, unless it is in doubt before. */
  doubtLater(ms: number, act: () => void): void {
    this.#timer ??= setTimeout(() => {
      this.doubt(false)
      act()
    }, ms)
  }

  /** Its file is there, and nothing else claims the name. Whether that is news. */
  find(): boolean {
    if (this.claim === 'found') return false
    this.claim = 'found'
    this.doubt(true)
    return true
  }

  /** Another file has the same right to the name. */
  clash(failure: LoadFailure): void {
    this.claim = 'clashes'
    this.fail(failure)
  }

  /** Asks about it where that is not known. An earlier question is given up. `tellAtOnce`: a failure is no news that can wait. */
  settle(ask: AskAbout, tellAtOnce: boolean): Promise<void> {
    // One whose answer is never in time is let finish, so that there is one.
    if (this.#stale && !(this.#asking !== undefined && this.#pace.isSlow)) {
      this.#stale = false
      if (this.#asking !== undefined) this.#pace.disturbed()
      this.#asking?.stop.abort()
      const stop = new AbortController()
      const asking = { stop, done: this.#ask(ask, stop.signal).then((described) => {
        if (this.#asking !== asking) return
        this.#asking = undefined
        if (described !== undefined) this.#learn(described, tellAtOnce)
      }) }
      this.#asking = asking
    }
    return this.#asking?.done ?? Promise.resolve()
  }

  async #ask(ask: AskAbout, signal: AbortSignal): Promise<Described | undefined> {
    await this.#pace.turn(signal)
    if (signal.aborted) return undefined
    const { file } = this.source
    const own = { path: file, sha256: new AuthoredFiles(this.source).digest(file) }
    const described = await ask(this.source, this.#saved, signal)
    if (described !== undefined) this.#pace.answered(this.source, described.introspection?.files ?? described.failure?.files ?? [own])
    return described
  }

  /** It does not load. The same reason as before is no news, unless the file was saved since. */
  fail(failure: LoadFailure): void {
    this.failed = this.#saved || !isSame(this.failed?.failure, failure) ? { source: this.source, failure } : this.failed
    this.#saved = false
  }

  /** Nobody wants to know of it any more. */
  forget(): void {
    clearTimeout(this.#report)
    clearTimeout(this.#timer)
    this.#asking?.stop.abort()
    this.#asking = undefined
  }

  #learn({ introspection, content, failure }: Described, tellAtOnce: boolean): void {
    if (introspection === undefined) {
      const tell = (): void => this.fail(failure ?? { error: 'no reason was given' })
      if (tellAtOnce) return tell()
      const report = (): void => {
        this.#report = undefined
        tell()
        this.#reported()
      }
      // Where it is never quiet there is nothing to wait for.
      if (this.#pace.isSlow) report()
      else this.#report = setTimeout(report, REPORT_MS)
      return
    }
    this.failed = undefined
    this.#saved = false
    this.retries = 0
    const version = versionOf(this.source, introspection.files)
    // The same version is the same object, so that its runners go on.
    if (version !== this.good?.version) this.good = { source: this.source, introspection, content, version }
    this.#names = namesOf(this.source, introspection.files)
  }
}

function namesOf({ file }: ModuleSource, files: readonly ModuleFile[]): ReadonlySet<string> {
  const paths = [file, ...files.map(({ path }) => path)]
  return new Set([...paths, ...paths.map(realPath)])
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** The digest of a module's own files. Those of the installed package change with the environment, which has its own digest. */
function versionOf({ builtin }: ModuleSource, files: readonly ModuleFile[]): string {
  if (builtin) return 'installed'
  return digest(...files.flatMap(({ path, sha256 }) => [path, sha256])).slice(0, 16)
}

function isSame(a: LoadFailure | undefined, b: LoadFailure): boolean {
  return a !== undefined && a.error === b.error && a.file === b.file && a.line === b.line && a.trace === b.trace && a.missing === b.missing
}
