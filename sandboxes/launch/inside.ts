import { readFileSync } from 'node:fs'
import { descendants } from '../process_tree.ts'

/** The one folder that a cell that is apart can write to. */
export const TEMPORARY = '/tmp'
/** Where it finds the folder of its socket. */
export const SOCKET_FOLDER = '/run/cell'

/**
 * The host's number of a process that calls itself `said` in the pid namespace below `top`. What is not found there is taken for all of
 * it: `top` itself, whose memory is that of its tree.
 */
export function hostPid(top: number, said: number): number {
  return descendants(top).find((pid) => innermost(pid) === said) ?? top
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
