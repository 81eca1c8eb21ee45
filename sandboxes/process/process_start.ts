import { readFileSync } from 'node:fs'

/**
 * When a process started, in clock ticks since boot, from /proc: a pid alone may long belong to another one. undefined: it is
 * gone or a zombie.
 */
export function startOf(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    return undefined
  }
}
