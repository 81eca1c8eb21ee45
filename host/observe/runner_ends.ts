import type { FailureCode } from '../../sandboxes/failure.ts'
import type { Started } from '../../sandboxes/pool/pool_options.ts'
import type { Runner } from '../../sandboxes/wire/runner.ts'

/** Counts why runners ended: SHUTTING_DOWN is one that was let go, the others were killed or ended themselves. */
export class RunnerEnds {
  readonly #counts = new Map<FailureCode, number>()
  readonly #known = new WeakSet<Runner>()

  /** The runner will be counted when nothing is left of it: once, however many versions of its module it has been. */
  counted(started: Started): Started {
    const { runner } = started
    if (this.#known.has(runner)) return started
    this.#known.add(runner)
    void runner.gone.then(() => {
      const code = runner.ended?.code ?? 'MODULE_CRASHED'
      this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1)
    })
    return started
  }

  snapshot(): readonly { readonly reason: FailureCode; readonly count: number }[] {
    return [...this.#counts].map(([reason, count]) => ({ reason, count }))
  }
}
