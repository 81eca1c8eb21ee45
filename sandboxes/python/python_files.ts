import type { Account } from '../launch/trusted.ts'
import { markUnused, removeUnused } from '../made_folders.ts'
import { enterable } from '../reach.ts'
import type { Copies } from '../runtime.ts'
import { COPIES, copyTrees } from './copy_trees.ts'
import { outOfReach } from './out_of_reach.ts'
import { interpreterReads, type InterpreterFiles } from './reads.ts'

/** What a cell of Python sees of it. */
export interface SeenFiles {
  readonly reads: readonly string[]
  readonly copies: Copies
  /** Where the copies are. */
  readonly folder?: string
}

export interface PythonFilesOptions {
  /** The state folder. */
  readonly state: string
  /** Whose cells see them. undefined: those of an account that reaches what the host reaches. */
  readonly account: Account | undefined
  /** Told before something is copied, and why that is. */
  readonly copying: (what: Copying) => void
}

export interface Copying {
  readonly python: string
  readonly paths: readonly string[]
  /** The path that keeps the account out. */
  readonly because: string
}

/**
 * The files of interpreters as cells see them: those that their account cannot reach from copies in the state folder. One for all hosts of a
 * process. A copy is kept for as long as it is the newest of its interpreter, or somebody holds it, or has it mounted.
 */
export class PythonFiles {
  readonly #options: PythonFilesOptions
  readonly #newest = new Map<string, SeenFiles>()
  readonly #held = new Set<{ readonly seen: SeenFiles }>()
  readonly #looking = new Map<string, Promise<SeenFiles>>()
  readonly #marked = new Set<string>()

  constructor(options: PythonFilesOptions) {
    this.#options = options
  }

  /** Looks at an interpreter and copies what has changed of what is out of reach. Rejects with what was wrong; what is known stays. */
  async look(files: InterpreterFiles): Promise<SeenFiles> {
    const { python } = files
    const looking = this.#looking.get(python) ?? this.#look(files).finally(() => this.#looking.delete(python))
    this.#looking.set(python, looking)
    return await looking
  }

  /** What was found at the last look. */
  of(files: InterpreterFiles): SeenFiles {
    return this.#newest.get(files.python) ?? { reads: interpreterReads(files), copies: {} }
  }

  /** Keeps what was found at the last look until that is given back. */
  hold(files: InterpreterFiles | undefined): Disposable {
    const held = files && { seen: this.of(files) }
    if (held !== undefined) this.#held.add(held)
    return { [Symbol.dispose]: () => void (held && this.#held.delete(held)) }
  }

  async #look(files: InterpreterFiles): Promise<SeenFiles> {
    const { account } = this.#options
    const seen = account === undefined ? { reads: interpreterReads(files), copies: {} } : await this.#seenBy(account, files)
    this.#newest.set(files.python, seen)
    if (account !== undefined) await this.#removeUnused(seen)
    return seen
  }

  async #seenBy(account: Account, files: InterpreterFiles): Promise<SeenFiles> {
    const { state, copying } = this.#options
    const { trees, because } = await outOfReach(account, files)
    const reads = interpreterReads(files)
    if (because === undefined || trees.length === 0) return { reads, copies: {} }
    if (!(await enterable(account, state))) throw new Error(`neither can it reach a copy in the state folder ${state}`)
    const told = (): void => copying({ python: files.python, paths: trees.map(({ path }) => path), because })
    return { reads, ...await copyTrees({ state, trees, copying: told }) }
  }

  async #removeUnused({ folder }: SeenFiles): Promise<void> {
    if (folder !== undefined) this.#marked.add(folder)
    const used = new Set([...this.#newest.values(), ...[...this.#held].map(({ seen }) => seen)].map((seen) => seen.folder))
    for (const marked of this.#marked) {
      if (used.has(marked)) continue
      markUnused(marked)
      this.#marked.delete(marked)
    }
    await removeUnused(this.#options.state, COPIES)
  }
}
