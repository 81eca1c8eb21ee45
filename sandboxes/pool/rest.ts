import { cpuTicks } from '../process/cpu_time.ts'
import type { Warm } from './warm.ts'
import { descendants } from '../process/process_tree.ts'

/**
 * Whether a runner that nobody asks anything works all the same: processes that it has started since it was loaded still run, or it
 * uses CPU time.
 */
export function isRestless(warm: Warm): boolean {
  const below = descendants(warm.runner.pid)
  const ticks = [warm.runner.pid, ...below].reduce((sum, pid) => sum + cpuTicks(pid), 0)
  warm.restingTicks ??= ticks
  return ticks > warm.restingTicks || below.some((pid) => !warm.belowAtLoad.includes(pid))
}
