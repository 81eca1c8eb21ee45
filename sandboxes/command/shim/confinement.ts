import { readFileSync } from 'node:fs'
import { which } from './find_program.ts'

export interface Wanted {
  readonly descriptors: number
  readonly fileBytes: number
  /** Seconds of CPU time. undefined: for a program that answers many queries. */
  readonly cpu: number | undefined
  /** Of its account, in a cell that is counted alone. undefined: as many as there may be. */
  readonly processes: number | undefined
}

/**
 * What stands before a program's argv so that it has limits from its first instruction on and ends when we do. Both are programs
 * of util-linux; where one is missing that part is left to the host, which `doctor` says.
 */
export function confinement({ descriptors, fileBytes, cpu, processes }: Wanted, path: string): string[] {
  const [setpriv, prlimit] = [which('setpriv', path), which('prlimit', path)]
  const limits = [
    '--core=0:0',
    atMost('nofile', 'Max open files', descriptors),
    atMost('fsize', 'Max file size', fileBytes),
    ...(cpu === undefined ? [] : [atMost('cpu', 'Max cpu time', cpu)]),
    ...(processes === undefined ? [] : [atMost('nproc', 'Max processes', processes)]),
  ]
  return [
    ...(setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'KILL', '--']),
    ...(prlimit === undefined ? [] : [prlimit, ...limits]),
  ]
}

/** Nobody but root may ask for more than there is. */
function atMost(name: string, title: string, wanted: number): string {
  const hard = Number(new RegExp(`^${title} +\\S+ +(\\d+)`, 'm').exec(LIMITS)?.[1] ?? Infinity)
  const limit = Math.min(wanted, hard)
  return `--${name}=${limit}:${limit}`
}

const LIMITS = read()

function read(): string {
  try {
    return readFileSync('/proc/self/limits', 'latin1')
  } catch {
    return ''
  }
}
