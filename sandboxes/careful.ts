const TEN_MINUTES_MS = 600_000

/**
 * Modules that a runner of several queries had to be ended for: nobody knows which query it was, so that for ten minutes each
 * query of such a module has a runner to itself.
 */
export class Careful {
  readonly #until = new Map<string, number>()

  /** `file`: the module's own. */
  mark(file: string): void {
    const now = performance.now()
    for (const [each, until] of this.#until) if (until < now) this.#until.delete(each)
    this.#until.set(file, now + TEN_MINUTES_MS)
  }

  has(file: string): boolean {
    const until = this.#until.get(file)
    return until !== undefined && until > performance.now()
  }
}
