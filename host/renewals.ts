import type { Logger } from 'pino'
import type { Config } from './config/config.ts'
import { hasRoots } from './offer.ts'

export interface RenewalParts {
  /** Serves what there is under a configuration. Rejects where that cannot be, and changes nothing then. */
  readonly renew: (config: Config) => Promise<void>
  /** That is done. */
  readonly renewed: (config: Config) => unknown
  /** The configuration that is served, where a part of it could not be because of roots that are there now; once. */
  readonly takeBack?: () => Config | undefined
  readonly log: Logger
}

/** How often it is looked whether a root is back. */
const LOOK_MS = 1000

/**
 * Looks again for modules and packages whenever there is a reason to, one time after the other. What fails because a root is not there, as
 * while it is deployed anew, is done when it is.
 */
export class Renewals implements Disposable {
  readonly #parts: RenewalParts
  readonly #looker: NodeJS.Timeout
  #running = Promise.resolve()
  /** A configuration that was read and is not served, because one of its roots is not there. */
  #owed: Config | undefined

  constructor(parts: RenewalParts) {
    this.#parts = parts
    this.#looker = setInterval(() => this.#look(), LOOK_MS).unref()
  }

  /** `read` gives the configuration when it is this one's turn, and throws where there is none. */
  begin(why: string, read: () => Config): void {
    this.#running = this.#running.then(() => this.#run(why, read))
  }

  [Symbol.dispose](): void {
    clearInterval(this.#looker)
  }

  async #run(why: string, read: () => Config): Promise<void> {
    const { log, renew, renewed } = this.#parts
    let config: Config | undefined
    try {
      config = read()
      this.#owed = undefined
      log.info(`looking for modules again: ${why}`)
      await renew(config)
      await renewed(config)
    } catch (error) {
      log.error({ err: error }, 'what was served before is still served')
      if (config !== undefined && !hasRoots(config)) this.#owed = config
    }
  }

  #look(): void {
    const isBack = this.#owed !== undefined && hasRoots(this.#owed)
    const owed = isBack ? this.#owed : this.#parts.takeBack?.()
    if (owed === undefined) return
    this.#owed = undefined
    this.begin('a module root is back', () => owed)
  }
}
