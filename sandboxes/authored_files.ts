import { createHash } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync, realpathSync, type Stats } from 'node:fs'
import { resolve } from 'node:path'
import { isBelow } from './below.ts'
import type { ModuleFile, ModuleSource } from './contract.ts'
import { QueryFailure } from './failure.ts'

/** What the files of one module may have together: of strangers some times what a bundle may, of others libraries that lie beside a module. */
const MOST_BYTES = { confined: 16 << 20, trusted: 256 << 20 }
/** To hold a file without opening it: Node has no name for it. */
const O_PATH = 0x200000
const { O_RDONLY, O_NONBLOCK, O_NOCTTY } = constants

/**
 * Reads files that a module, or who writes in its root, has named. The host may be root, and does not wait for anybody: what is no regular
 * file is not opened, no more is read than there is said to be, and where modules are apart nothing that a link leads out of its root for.
 * One of these reads the files of one module, once.
 */
export class AuthoredFiles {
  readonly #source: Whose
  readonly #mostBytes: number
  #bytes = 0

  constructor(source: Whose) {
    this.#source = source
    this.#mostBytes = source.confined === undefined ? MOST_BYTES.trusted : MOST_BYTES.confined
  }

  /** Throws QueryFailure where the file must not be read, with its name, and what the file system throws where it cannot be. */
  read(path: string): Buffer {
    // What is held is what is looked at and then opened, whatever is put in its place meanwhile.
    const held = openSync(path, IS_LINUX ? O_PATH : O_RDONLY | O_NONBLOCK | O_NOCTTY)
    try {
      const stats = fstatSync(held)
      const objection = this.#objection(path, held, stats)
      if (objection !== undefined) throw new QueryFailure('NOT_LOADED', `${path} cannot be read: ${objection}`)
      this.#bytes += stats.size
      return IS_LINUX ? readWhole(openSync(`/proc/self/fd/${held}`, O_RDONLY | O_NONBLOCK | O_NOCTTY), stats) : readOpen(held, stats)
    } finally {
      closeSync(held)
    }
  }

  /** SHA-256 of its content; of what cannot be read a word that is none. */
  digest(path: string): string {
    try {
      return createHash('sha256').update(this.read(path)).digest('hex')
    } catch {
      return 'unreadable'
    }
  }

  #objection(path: string, held: number, stats: Stats): string | undefined {
    if (!stats.isFile()) return 'it is no regular file'
    if (!this.#mayBeAt(path, held)) return "it is a link that leads out of the module's root"
    if (this.#bytes + stats.size > this.#mostBytes) return `the module's files have more than ${this.#mostBytes / MEGABYTE} MB`
    return undefined
  }

  #mayBeAt(path: string, held: number): boolean {
    const { root, own, confined } = this.#source
    if (confined === undefined) return true
    const place = IS_LINUX ? readlinkSync(`/proc/self/fd/${held}`) : realpathSync(path)
    // A stranger's root that leads elsewhere is none.
    return isAt(place, own ? root : realPath(root)) || confined.some((folder) => isAt(place, realPath(folder)))
  }
}

/** Whose files these are. */
export type Whose = Pick<ModuleSource, 'root' | 'own' | 'confined'>

/**
 * Of what a runner says that its module has read: it is the module that speaks, and may name any file. Throws QueryFailure where modules are
 * apart and a file is none that its cell can have seen; which one, it does not say.
 */
export function expectOwn(files: readonly ModuleFile[], { root, confined }: Whose): void {
  if (confined === undefined) return
  const folders = [root, ...confined].flatMap((folder) => [folder, realPath(folder)])
  if (files.every(({ path }) => folders.some((folder) => isAt(resolve('/', path), folder)))) return
  throw new QueryFailure('PROTOCOL_VIOLATION', 'the module says that it has read a file outside of its root')
}

const IS_LINUX = process.platform === 'linux'
const MEGABYTE = 1 << 20

function isAt(path: string, place: string): boolean {
  return path === place || isBelow(path, place)
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

function readWhole(descriptor: number, stats: Stats): Buffer {
  try {
    return readOpen(descriptor, stats)
  } finally {
    closeSync(descriptor)
  }
}

/** As much as it was said to have: one that grows has changed, and what has no size, as in /proc, has nothing to say. */
function readOpen(descriptor: number, { size }: Stats): Buffer {
  const bytes = Buffer.alloc(size)
  let at = 0
  while (at < size) {
    const read = readSync(descriptor, bytes, at, size - at, at)
    if (read === 0) break
    at += read
  }
  return bytes.subarray(0, at)
}
