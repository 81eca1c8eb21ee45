import { readdirSync } from 'node:fs'
import { setPriority } from 'node:os'

/** How nice a process is that works for long, so that those that answer in a moment need not wait for its turn to end. */
const BEHIND = 10

/** Lets a process run behind others. Anybody may do that to a process of theirs. */
export function putBehind(pid: number): void {
  set(pid, BEHIND)
}

/** Takes it back, which only root may; elsewhere the process stays where it is. */
export function putLevel(pid: number): void {
  set(pid, 0)
}

/** Whether `putLevel` works: what cannot be taken back is done only where there is a reason in the process itself. */
export const isUndoable = process.getuid?.() === 0

/** Linux knows the priority of a thread, not of a process: those that there are keep theirs. */
function set(pid: number, nice: number): void {
  for (const thread of threads(pid)) {
    try {
      setPriority(thread, nice)
    } catch {
      // Not ours to change, or gone.
    }
  }
}

function threads(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number)
  } catch {
    return [pid]
  }
}
