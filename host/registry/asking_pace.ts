import { setTimeout as delay } from 'node:timers/promises'
import { AuthoredFiles } from '../../sandboxes/authored_files.ts'
import type { ModuleFile, ModuleSource } from '../../sandboxes/contract.ts'

/** So often in a row a module may be found saved again by the time it has answered: somebody saves quickly. */
const PATIENT = 10
const FIRST_MS = 100
const LONGEST_MS = 10_000

/**
 * How soon a module is asked about again. One that writes to its own files when it is imported would be asked about for ever, as fast as
 * that goes: the longer that lasts, the less often.
 */
export class AskingPace {
  #disturbed = 0
  #asked = -Infinity

  /** It changes more often than anybody saves. */
  get isSlow(): boolean {
    return this.#disturbed > PATIENT
  }

  /** Settles when it may be asked about, or nobody wants to know any more. */
  async turn(signal: AbortSignal): Promise<void> {
    const pauseMs = this.isSlow ? Math.min(LONGEST_MS, FIRST_MS * 2 ** (this.#disturbed - PATIENT - 1)) : 0
    const leftMs = this.#asked + pauseMs - performance.now()
    if (leftMs > 0) await delay(leftMs, undefined, { signal }).catch(() => {})
    this.#asked = performance.now()
  }

  /** It was saved before it had answered. */
  disturbed(): void {
    this.#disturbed += 1
  }

  /** It has answered, having read these files. */
  answered(source: ModuleSource, files: readonly ModuleFile[]): void {
    const authored = new AuthoredFiles(source)
    if (files.every(({ path, sha256 }) => authored.digest(path) === sha256)) this.#disturbed = 0
    else this.disturbed()
  }
}
