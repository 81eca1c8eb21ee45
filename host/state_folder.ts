import { chmodSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { startOf } from '../sandboxes/process_start.ts'
import { notWritable } from '../sandboxes/python/setup_error.ts'

/** What the host keeps between starts, and what lives only as long as it does. */
export interface StateFolder {
  readonly path: string
  /** For this process alone: sockets and scratch folders. Not made yet. */
  readonly run: string
}

/** `--state DIR`, or the place that the system has for such things. */
export function statePath(asked: string | undefined, environment: Readonly<Record<string, string | undefined>>): string {
  if (asked !== undefined) return asked
  if (process.getuid?.() === 0) return '/var/lib/misp-module-host'
  return join(environment['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'misp-module-host')
}

/** Makes the folder and clears what hosts that were killed have left. Throws SetupError where it cannot be written. */
export function openState(path: string): StateFolder {
  const runs = join(path, 'run')
  try {
    // Runners of another account have to get through, whatever our umask.
    for (const folder of [path, runs]) if (mkdirSync(folder, { recursive: true, mode: 0o755 }) !== undefined) chmodSync(folder, 0o755)
    for (const name of readdirSync(runs)) if (!isRunning(name)) rmSync(join(runs, name), { recursive: true, force: true })
  } catch {
    throw notWritable(path)
  }
  return { path, run: join(runs, `${process.pid}-${startOf(process.pid) ?? 0}`) }
}

function isRunning(name: string): boolean {
  const [pid, started] = name.split('-')
  return startOf(Number(pid)) === started
}
