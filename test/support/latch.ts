import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file that modules wait for, as `waits_for_file` does: a query that is to run while a test looks ends when the test says so. */
export class Latch implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'latch-'))
  readonly file = join(this.#folder, 'open')

  constructor() {
    // The modules have another account.
    chmodSync(this.#folder, 0o755)
  }

  open(): void {
    writeFileSync(this.file, '')
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
