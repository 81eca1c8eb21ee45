import { chownSync, mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Account } from './launch/trusted.ts'

/** Folders that live no longer than a runner: its working directory and temporary files. */
export class Scratch {
  readonly folder: string
  readonly #account: Account | undefined
  readonly #removals = new Set<Promise<void>>()
  #count = 0

  /** Makes `folder`, readable by the runners' account only. */
  constructor(folder: string, account: Account | undefined) {
    this.folder = folder
    this.#account = account
    mkdirSync(folder, { recursive: true, mode: 0o711 })
  }

  /** A new empty folder, owned by the runners' account. */
  make(name = `r${this.#count++}`): string {
    const path = join(this.folder, name)
    mkdirSync(path, { recursive: true, mode: 0o700 })
    if (this.#account !== undefined) chownSync(path, this.#account.uid, this.#account.gid)
    return path
  }

  /** Removes one; only after its runner has ended, so that nobody swaps a link into the path meanwhile. */
  remove(path: string): void {
    const removal = rm(path, { recursive: true, force: true, maxRetries: 3 }).catch(() => {}).finally(() => this.#removals.delete(removal))
    this.#removals.add(removal)
  }

  /** Removes all, after the removals that are going on: two that meet leave folders behind, and no error says so. */
  async close(): Promise<void> {
    await Promise.all(this.#removals)
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 })
  }
}
