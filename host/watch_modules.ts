import type { Logger } from 'pino'
import type { Config } from './config/config.ts'
import type { Host } from './host.ts'
import { foldersOf } from './offer.ts'
import { FileWatch } from './registry/watch.ts'

/** Watches the roots that are configured and whatever else their modules have read, and lets the host look again at what changes. */
export class ModuleWatch implements Disposable {
  readonly #host: Host
  readonly #log: Logger
  readonly #events: Disposable
  #watch: FileWatch | undefined
  #following = ''
  #folders: readonly string[] = []

  constructor(config: Config, host: Host, log: Logger) {
    this.#host = host
    this.#log = log
    this.follow(config)
    this.#events = host.events.subscribe(() => this.#alsoWhatWasRead())
  }

  /** From now on the roots of this configuration. */
  follow({ roots, host, tenant }: Config): void {
    const folders = this.#folders = foldersOf(roots)
    // A stranger's cells see nothing of where a link leads out of its root, and what is in there is watched by its own name.
    const followsLinks = host.profile !== 'strict' || tenant?.shared.roots === undefined
    const following = JSON.stringify([roots.watch, folders, followsLinks])
    if (following === this.#following) return
    this.#following = following
    this.#watch?.[Symbol.dispose]()
    this.#watch = roots.watch === 'off' ? undefined : new FileWatch({
      folders,
      manner: roots.watch,
      followsLinks,
      changed: (paths) => void this.#look(paths),
      troubled: (trouble) => this.#log.warn(`watching modules: ${trouble}`),
    })
    this.#alsoWhatWasRead()
  }

  [Symbol.dispose](): void {
    this.#events[Symbol.dispose]()
    this.#watch?.[Symbol.dispose]()
  }

  async #look(paths: ReadonlySet<string> | undefined): Promise<void> {
    try {
      await this.#host.look(paths)
    } catch (error) {
      this.#log.error({ err: error }, 'modules that were saved could not be looked at')
    }
  }

  #alsoWhatWasRead(): void {
    const loaded = [...this.#host.catalogue().loaded.values()].filter(({ source: { root } }) => this.#folders.includes(root))
    this.#watch?.also(loaded.flatMap(({ introspection }) => introspection.files.map(({ path }) => path)))
  }
}
