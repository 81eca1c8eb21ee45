import { readFileSync } from 'node:fs'
import { childrenOf } from '../process/process_tree.ts'

/** The one folder that a cell that is apart can write to. */
export const TEMPORARY = '/tmp'
/** Where it finds the folder of its socket. */
export const SOCKET_FOLDER = '/run/cell'
/** Where it finds its door: see egress/gate/door.ts. */
export const DOOR = '/run/egress.sock'

/**
 * The host's number of a process that calls itself `said` in the pid namespace below `top`. What is not found there is taken for all of
 * it: `top` itself, whose memory is that of its tree. Looks level by level, at each for the youngest first, which is asked about most.
 */
export function hostPid(top: number, said: number): number {
  for (let level = childrenOf(top); level.length > 0; level = level.flatMap(childrenOf)) {
    const found = level.findLast((pid) => innermost(pid) === said)
    if (found !== undefined) return found
  }
  return top
}

/** What a process calls itself. undefined: it has ended. */
function innermost(pid: number): number | undefined {
  try {
    const numbers = /^NSpid:\s+(.+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]?.split(/\s+/)
    // Those of the launcher outside of the namespace have one only.
    return numbers === undefined || numbers.length < 2 ? undefined : Number(numbers.at(-1))
  } catch {
    return undefined
  }
}
