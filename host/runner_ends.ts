import type { FailureCode } from '../sandboxes/failure.ts'
import type { Started } from '../sandboxes/pool.ts'

/** Counts why runners ended: SHUTTING_DOWN is one that was let go, the others were killed or ended themselves. */
export class RunnerEnds {
  readonly #counts = new Map<FailureCode, number>()

  /** The runner will be counted when nothing is left of it. */
  counted(started: Started): Started {
    const { runner } = started
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
