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

function set(pid: number, nice: number): void {
  try {
    setPriority(pid, nice)
  } catch {
    // Not ours to change, or gone.
  }
}
