import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { watch, type FSWatcher } from 'chokidar'

/** `on`: the kernel tells; `poll`: files are looked at, for file systems where it does not. */
export type WatchManner = 'on' | 'poll'

export interface WatchOptions {
  /** Everything below them is watched; one that does not exist is waited for. */
  readonly folders: readonly string[]
  readonly manner: WatchManner
  /** Whether what links below the folders lead to is watched as well, as where absent: a few of them can make more paths than there is memory for. */
  readonly followsLinks?: boolean
  /** Told once of all paths that came, went or changed, after nothing has happened for a moment; undefined: it could be any. */
  readonly changed: (paths: ReadonlySet<string> | undefined) => void
  /** Told of what keeps folders from being watched, once each. */
  readonly troubled: (trouble: string) => void
}

/** A save is some events within milliseconds: they are over when nothing has come for so long. */
const QUIET_MS = 25
/** Where it is never quiet, what has changed is told all the same. */
const AT_MOST_MS = 500
const POLL_MS = 100
/** How often it is looked where the folders lead: nobody tells of a link that is made to lead elsewhere. */
const LINKS_MS = 500
/** The kernel's bounds of what may be watched. */
const LIMITS = new Set(['ENOSPC', 'EMFILE', 'ENFILE'])

/** Watches folders and single files. It knows nothing of modules, and nothing of what a change means. */
export class FileWatch implements Disposable {
  readonly #options: WatchOptions
  readonly #files = new Set<string>()
  readonly #environments = new Set<string>()
  readonly #troubles = new Set<string>()
  readonly #quiet: Quiet
  readonly #looker: NodeJS.Timeout
  #manner: WatchManner
  #watcher: FSWatcher
  #places: readonly string[] = []

  constructor(options: WatchOptions) {
    this.#options = options
    this.#manner = options.manner
    this.#quiet = new Quiet(options.changed)
    this.#places = this.#wherever()
    this.#watcher = this.#begin()
    this.#looker = setInterval(() => this.#lookAtLinks(), LINKS_MS).unref()
  }

  /** Watches these files as well, where they are outside the folders. */
  also(files: Iterable<string>): void {
    const { folders } = this.#options
    const fresh = [...files].filter((file) => !this.#files.has(file) && !folders.some((folder) => isBelow(file, folder)))
    if (fresh.length === 0) return
    for (const file of fresh) this.#files.add(file)
    this.#watcher.add(fresh)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#looker)
    this.#quiet.close()
    void this.#watcher.close()
  }

  #begin(): FSWatcher {
    const manner = this.#manner
    const watcher = watch([...this.#options.folders, ...this.#files], {
      // Its own ways to wait for the end of a save take 100 ms and 2 s.
      atomic: false,
      ignoreInitial: true,
      ignorePermissionErrors: true,
      followSymlinks: this.#options.followsLinks ?? true,
      ignored: (path, stats) => this.#isIgnored(path, stats?.isDirectory() ?? false),
      backend: manner === 'poll' ? 'polling' : 'native',
      pollingInterval: POLL_MS,
      pollingBinaryInterval: POLL_MS,
    })
    watcher.on('all', (event, path) => {
      if (basename(path) === ENVIRONMENT_FILE) this.#becameEnvironment(dirname(path))
      if (event !== 'addDir') this.#quiet.add(path)
    })
    // No change to chokidar: that a file may be executed, or no longer, and that a folder was away for a moment. Nobody tells that of files that are looked at.
    if (manner === 'on') watcher.on('raw', (event, name, details) => this.#touched(event, name, details as { watchedPath: string }))
    // What is saved until then is not told of.
    watcher.once('ready', () => this.#quiet.add(undefined))
    watcher.on('error', (error) => this.#failed(error as NodeJS.ErrnoException, watcher))
    return watcher
  }

  /** `watchedPath`: the file, or a folder that it is in. */
  #touched(event: string, name: string | null, { watchedPath }: { readonly watchedPath: string }): void {
    if (name === null) return
    const path = basename(watchedPath) === name ? watchedPath : join(watchedPath, name)
    const { folders } = this.#options
    if (folders.includes(path)) return this.#quiet.add(path)
    // Of what is beside a folder the kernel tells as well.
    const isWatched = this.#files.has(path) || folders.some((folder) => isBelow(path, folder))
    if (event === 'change' && isWatched && !this.#isIgnored(path, false)) this.#quiet.add(path)
  }

  #beginAgain(): void {
    void this.#watcher.close()
    this.#watcher = this.#begin()
  }

  #failed({ code, message }: NodeJS.ErrnoException, watcher: FSWatcher): void {
    if (watcher !== this.#watcher) return
    if (this.#manner === 'poll' || code === undefined || !LIMITS.has(code)) return this.#complain(message)
    this.#complain(`no more files can be watched by the kernel (${code}): they are looked at every ${POLL_MS} ms instead`)
    this.#manner = 'poll'
    this.#beginAgain()
  }

  #lookAtLinks(): void {
    const places = this.#wherever()
    if (places.every((place, at) => place === this.#places[at])) return
    this.#places = places
    this.#beginAgain()
  }

  /** Where the folders are; one that is gone for the moment is where it was. */
  #wherever(): readonly string[] {
    return this.#options.folders.map((folder, at) => realPath(folder) ?? this.#places[at] ?? folder)
  }

  #complain(trouble: string): void {
    if (this.#troubles.has(trouble)) return
    this.#troubles.add(trouble)
    this.#options.troubled(trouble)
  }

  #isIgnored(path: string, isFolder: boolean): boolean {
    if (this.#files.has(path)) return false
    const folder = this.#options.folders.find((each) => isBelow(path, each))
    // A root may lie wherever it likes: only what is below it counts.
    const names = folder === undefined ? [] : relative(folder, path).split(sep)
    if (names.some((name) => IGNORED_FOLDERS.has(name)) || isTemporary(basename(path))) return true
    for (const environment of this.#environments) if (path === environment || isBelow(path, environment)) return true
    return isFolder && folder !== undefined && existsSync(join(path, ENVIRONMENT_FILE))
  }

  /** A folder that is watched already turns out to be a Python environment. */
  #becameEnvironment(folder: string): void {
    if (this.#options.folders.includes(folder)) return
    this.#environments.add(folder)
    this.#watcher.unwatch(folder)
  }
}

const IGNORED_FOLDERS = new Set(['node_modules', '.git', '.hg', '.svn', '__pycache__', '.mypy_cache', '.pytest_cache', '.ruff_cache'])
const ENVIRONMENT_FILE = 'pyvenv.cfg'
/** What editors write beside a file while they save it or have it open. */
const TEMPORARY = /^4913$|^\.#|^#.*#$|~$|^\..*\.(?:sw[a-z]|un~)$|\.kate-swp$|^\.goutputstream-|___jb_(?:tmp|old)___$|\.tmp(?:\.\S*)?$|\.(?:part|crdownload|pyc)$/

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

function isTemporary(name: string): boolean {
  return TEMPORARY.test(name)
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

/** Collects paths until nothing has come for a moment. */
class Quiet {
  readonly #told: (paths: ReadonlySet<string> | undefined) => void
  #paths = new Set<string>()
  #any = false
  #since: number | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(told: (paths: ReadonlySet<string> | undefined) => void) {
    this.#told = told
  }

  add(path: string | undefined): void {
    if (path === undefined) this.#any = true
    else this.#paths.add(path)
    const now = performance.now()
    this.#since ??= now
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#tell(), Math.min(QUIET_MS, Math.max(0, this.#since + AT_MOST_MS - now)))
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  #tell(): void {
    const paths = this.#any ? undefined : this.#paths
    this.#paths = new Set()
    this.#any = false
    this.#since = undefined
    this.#told(paths)
  }
}
