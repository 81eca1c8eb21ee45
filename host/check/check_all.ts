import { checkModule, type Checked, type CheckOptions } from './check_module.ts'
import type { Target } from './targets.ts'

/** Checks several modules, so many at once, in the order given. Rejects with the first failure of the host. */
export async function checkAll(targets: readonly Target[], options: CheckOptions, parallel: number): Promise<Checked[]> {
  const checked: Checked[] = []
  const waiting = targets.entries()
  const lane = async (): Promise<void> => {
    for (const [at, target] of waiting) {
      options.signal.throwIfAborted()
      checked[at] = await checkModule(target, options)
    }
  }
  await Promise.all(Array.from({ length: Math.min(parallel, targets.length) }, lane))
  return checked
}
