import { readFileSync } from 'node:fs'
import type { Warm } from './lease.ts'
import { descendants } from './process_tree.ts'

/** Whether a runner that nobody asks anything works all the same: it has started processes that still run, or uses CPU time. */
export function isRestless(warm: Warm): boolean {
  const ticks = cpuTicks(warm.runner.pid)
  warm.restingTicks ??= ticks
  return ticks > warm.restingTicks || descendants(warm.runner.pid).length > 0
}

/** CPU time that a process and all its threads have used, in clock ticks; 0 where the kernel does not tell. */
function cpuTicks(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ')
    return Number(fields[11]) + Number(fields[12])
  } catch {
    return 0
  }
}
