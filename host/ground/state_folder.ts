import { accessSync, chmodSync, constants, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Account } from '../../sandboxes/launch/trusted.ts'
import { startOf } from '../../sandboxes/process/process_start.ts'
import { enterable } from '../../sandboxes/reach.ts'
import { notWritable } from '../../sandboxes/python/setup_error.ts'

/** `--state DIR`, or the place that the system has for such things. */
export function statePath(asked: string | undefined, environment: Readonly<Record<string, string | undefined>>): string {
  if (asked !== undefined) return asked
  if (process.getuid?.() === 0) return '/var/lib/misp-module-host'
  return join(environment['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'misp-module-host')
}

/** Makes the state folder: what the host keeps between starts. Throws SetupError where it cannot be written. */
export function openState(path: string): void {
  try {
    makeOpenFolder(path)
    makeOpenFolder(join(path, 'run'))
    accessSync(path, constants.W_OK)
  } catch {
    throw notWritable(path)
  }
}

/** A unix socket's path has 107 bytes at most; ours adds a tenant's number, a folder and a random name. */
export const LONGEST_RUN_PATH = 107 - '/t1234/sockets/01234567.sock'.length

/**
 * The folder for what lives only as long as this process, sockets and scratch folders. It is in the state
 * folder, or in the system's folder for temporary files where the runners' account cannot get there. Clears what hosts that
 * were killed have left.
 */
export async function runFolder(state: string, account: Account | undefined): Promise<string> {
  const name = `${process.pid}-${startOf(process.pid) ?? 0}`
  clear(join(state, 'run'), '')
  clear(tmpdir(), TEMPORARY)
  const own = join(state, 'run', name)
  const fits = Buffer.byteLength(own) <= LONGEST_RUN_PATH
  if (fits && (account === undefined || (await enterable(account, join(state, 'run'))))) return own
  // Everybody may write there: under a name that could be foreseen, the folder might be somebody else's.
  const made = mkdtempSync(join(tmpdir(), `${TEMPORARY}${name}-`))
  chmodSync(made, 0o711)
  return made
}

const TEMPORARY = 'misp-module-host-'

function clear(folder: string, prefix: string): void {
  for (const name of readdirSync(folder)) {
    const [, pid, started] = /^(\d+)-(\d+)(?:-\w+)?$/.exec(name.slice(prefix.length)) ?? []
    if (!name.startsWith(prefix) || pid === undefined || startOf(Number(pid)) === started) continue
    try {
      if (lstatSync(join(folder, name)).uid === process.getuid?.()) rmSync(join(folder, name), { recursive: true, force: true })
    } catch {
      // Gone, or not ours to remove.
    }
  }
}

/**
 * Runners of another account have to get through, whatever our umask. Folder by folder: in a file system that refuses with
 * ENOENT, such as /proc, Node's own recursive form never ends.
 */
function makeOpenFolder(path: string): void {
  if (existsSync(path)) return
  makeOpenFolder(dirname(path))
  mkdirSync(path)
  chmodSync(path, 0o755)
}
