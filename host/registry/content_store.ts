import { mkdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from './digest.ts'

const DAY_MS = 86_400_000
/** One that no start has asked for in so long is removed. */
const UNUSED_MS = 14 * DAY_MS
/** Unused ones are looked for after the first that is kept, so that a start which keeps nothing does no more than read. */
const LOOK_MS = 10_000

/** Contents of modules (see Unit), kept between starts in files that are named for their digests. Only the host can read them. */
export class ContentStore {
  readonly #folder: string
  readonly #used = new Set<string>()
  #isLooking = false

  constructor(folder: string) {
    this.#folder = folder
  }

  /** The content of this digest; undefined where it is not there, or is not what it was. */
  get(name: string): Uint8Array | undefined {
    const path = join(this.#folder, name)
    try {
      const content = readFileSync(path)
      if (sha256(content) !== name) return undefined
      this.#used.add(name)
      const now = new Date()
      utimesSync(path, now, now)
      return content
    } catch {
      return undefined
    }
  }

  /** Keeps one; returns its digest. A full disk costs the next start the time to make it again. */
  put(content: Uint8Array): string {
    const name = sha256(content)
    if (this.#used.has(name)) return name
    const path = join(this.#folder, name)
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
      const next = `${path}.${process.pid}`
      writeFileSync(next, content, { mode: 0o600 })
      // A reader never meets half of it.
      renameSync(next, path)
      this.#used.add(name)
      this.#lookSoon()
    } catch {
      // Made again by the next start.
    }
    return name
  }

  #lookSoon(): void {
    if (this.#isLooking) return
    this.#isLooking = true
    setTimeout(() => void this.removeUnused().finally(() => (this.#isLooking = false)), LOOK_MS).unref()
  }

  /** Removes those that neither this process nor any for some days has used. */
  async removeUnused(before = Date.now() - UNUSED_MS): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const path = join(this.#folder, name)
      const { mtimeMs } = (await stat(path).catch(() => undefined)) ?? { mtimeMs: Infinity }
      if (mtimeMs < before && !this.#used.has(name)) await rm(path, { force: true }).catch(() => {})
    }
  }
}
