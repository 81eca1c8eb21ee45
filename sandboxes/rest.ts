import { cpuTicks } from './cpu_time.ts'
import type { Warm } from './warm.ts'
import { descendants } from './process_tree.ts'

/** Whether a runner that nobody asks anything works all the same: it has started processes that still run, or uses CPU time. */
export function isRestless(warm: Warm): boolean {
  const ticks = cpuTicks(warm.runner.pid)
  warm.restingTicks ??= ticks
  return ticks > warm.restingTicks || descendants(warm.runner.pid).length > 0
}
