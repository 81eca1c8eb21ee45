import { randomBytes } from 'node:crypto'
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { CellSpec } from '../../runtime.ts'
import { below, foldersOf, PREFIX, type GroupFolders } from './find.ts'

const MEGABYTE = 1 << 20
/** What a cell has that no query adds: its interpreter, libraries, pages of files, `/tmp`. */
const MARGIN_MB = 256
/** Processes that stand before those of a cell. */
const MORE_PROCESSES = 32
/** As in warm.ts: what a query may use grows with its body. */
const PER_BODY_BYTE = 8
const SMALL_BODY = 1 * MEGABYTE

/** What all processes of a cell may have together. */
export interface GroupLimits {
  readonly memoryBytes: number
  /** How much more for each byte of a body. */
  readonly perBodyByte: number
  readonly processes: number
}

/**
 * The most that a kind of cell may come to by the limits of its module: what that is loaded with, and what each of the queries adds that it may have
 * at a time. The watch over single runners ends them long before; this holds also what is quicker than any look.
 */
export function groupLimits({ memory: { baseMb, perQueryMb, runners = 1 } = UNKNOWN }: Pick<CellSpec, 'memory'>, processes: number): GroupLimits {
  const eachMb = baseMb + perQueryMb
  return { memoryBytes: (MARGIN_MB + eachMb * (1 + runners)) * MEGABYTE, perBodyByte: PER_BODY_BYTE * runners, processes: processes + MORE_PROCESSES }
}

const UNKNOWN = { baseMb: 0, perQueryMb: 1024 }

/** Where the kernel lets this host make control groups. */
export class ControlGroups {
  readonly folders: GroupFolders

  constructor(folders: GroupFolders) {
    this.folders = folders
  }

  /** One for a cell; nothing is there before it is opened. */
  make(limits: GroupLimits): ControlGroup {
    return new ControlGroup(below(this.folders, newName()), limits)
  }
}

/** Of a group of this process, which no other has. */
export function newName(): string {
  return `${PREFIX}${randomBytes(4).toString('hex')}`
}

/** Bounds that the kernel holds a cell to as a whole. */
export class ControlGroup {
  readonly #folders: GroupFolders
  #limits: GroupLimits
  #body = 0
  #killed = 0
  /** What it came to when it was removed. */
  #atLast = 0

  constructor(folders: GroupFolders, limits: GroupLimits) {
    this.#folders = folders
    this.#limits = limits
  }

  /** Makes it. Returns descriptors for a process that is to enter: it writes "0" to each. Whoever calls closes them. Throws where the kernel refuses. */
  open(): number[] {
    const { version, memory, pids } = this.#folders
    try {
      for (const folder of this.#each) mkdirSync(folder)
      const { memoryBytes, processes } = this.#limits
      writeFileSync(join(memory, this.#files.memory), String(memoryBytes))
      // Without it the rest would be swapped out instead.
      write(join(memory, this.#files.swap), this.#swap(memoryBytes))
      writeFileSync(join(pids, 'pids.max'), String(processes))
      // One thread that goes by itself is all there is, and of version 2 only whole processes go.
      return this.#each.map((folder) => openSync(join(folder, version === 1 ? 'tasks' : 'cgroup.procs'), 'w'))
    } catch (error) {
      void this.remove()
      throw error
    }
  }

  /** Its cell has become another kind than it was made for. */
  bound(limits: GroupLimits): void {
    const { version, memory, pids } = this.#folders
    const files = [[this.#files.swap, this.#swap(limits.memoryBytes)], [this.#files.memory, String(limits.memoryBytes)]] as const
    // Of version 1 the sum with what is swapped out is never less.
    const raises = limits.memoryBytes > this.#limits.memoryBytes
    for (const [file, text] of version === 1 && !raises ? files.toReversed() : files) write(join(memory, file), text)
    write(join(pids, 'pids.max'), String(limits.processes))
    this.#limits = limits
  }

  /** A query with such a body may take more, and those after it: what was given is not taken back. */
  makeRoom(bodyBytes: number): void {
    if (bodyBytes <= Math.max(SMALL_BODY, this.#body)) return
    this.#body = bodyBytes
    const { memory } = this.#folders
    const bytes = this.#limits.memoryBytes + this.#limits.perBodyByte * bodyBytes
    // Of version 1 the sum with what is swapped out first: it is never less.
    if (this.#folders.version === 1) write(join(memory, this.#files.swap), this.#swap(bytes))
    write(join(memory, this.#files.memory), String(bytes))
  }

  /** Whether the kernel has ended a process of it because there was no more memory, since that was last asked. */
  ranOut(): boolean {
    const before = this.#killed
    this.#killed = this.#kills()
    return this.#killed > before
  }

  /** When nothing is in it any more. Never rejects: what cannot be removed is for the next host's sweep. */
  async remove(): Promise<void> {
    // Somebody may still want to know why its processes have ended.
    this.#atLast = this.#kills()
    await removeFolders(this.#folders)
  }

  get #each(): readonly string[] {
    return foldersOf(this.#folders)
  }

  get #files(): typeof FILES[1] {
    return FILES[this.#folders.version]
  }

  #swap(bytes: number): string {
    return this.#folders.version === 1 ? String(bytes) : '0'
  }

  #kills(): number {
    try {
      return Number(/^oom_kill (\d+)/m.exec(readFileSync(join(this.#folders.memory, this.#files.events), 'latin1'))?.[1] ?? 0)
    } catch {
      return this.#atLast
    }
  }
}

/** Removes groups with nothing in them. Never rejects. */
export async function removeFolders(folders: GroupFolders): Promise<void> {
  await Promise.all(foldersOf(folders).map(async (folder) => {
    for (let attempt = 0; attempt < REMOVALS; attempt += 1) {
      // The kernel may still be at the end of its last process.
      if (await rmdir(folder).then(() => true, (error: NodeJS.ErrnoException) => error.code === 'ENOENT')) return
      await delay(PAUSE_MS)
    }
  }))
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'r+' })
  } catch {
    // The kernel does not count that, or the cell has just ended.
  }
}

const REMOVALS = 40
const PAUSE_MS = 50

const FILES = {
  1: { memory: 'memory.limit_in_bytes', swap: 'memory.memsw.limit_in_bytes', events: 'memory.oom_control' },
  2: { memory: 'memory.max', swap: 'memory.swap.max', events: 'memory.events' },
}
