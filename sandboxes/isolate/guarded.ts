import { existsSync } from 'node:fs'

const SETPRIV = '/usr/bin/setpriv'

/**
 * The command of a program that leaves no core files, whatever a module does to it; and, where it `hangs` once V8 does, ends with the host,
 * however that was ended. A cell that is apart has both from its launcher, and no shell.
 */
export function guarded(program: readonly [string, ...string[]], { isApart, hangs }: { readonly isApart: boolean; readonly hangs: boolean }): [string, ...string[]] {
  if (isApart) return [...program]
  const command = ['exec', ...(hangs && existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL'] : []), '"$@"'].join(' ')
  return ['/bin/sh', '-c', `ulimit -c 0; ${command}`, 'sh', ...program]
}
