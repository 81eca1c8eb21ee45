import { spawn, type ChildProcess } from 'node:child_process'
import { chownSync, closeSync, openSync, readFileSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { CellSpec } from '../runtime.ts'
import { DOOR, SOCKET_FOLDER } from './inside.ts'
import type { CellPlaces, Launch } from './launch.ts'
import { mountsOf } from './mounts.ts'
import type { Policy } from './policy.ts'
import { Slots } from './slots.ts'
import type { Account } from './trusted.ts'

export interface StrictOptions {
  /** bubblewrap's program. */
  readonly bwrap: string
  /** undefined: the host's own account, which is not root. */
  readonly account: Account | undefined
  /** Whether each cell has an account of its own, of those from this one on. */
  readonly accounts?: boolean
  /** Folder with the files of /etc that a cell sees: see writeEtc. */
  readonly etc: string
}

/** Room in /tmp, the one place where a cell can write. */
const TMP_BYTES = 16 << 20
/** Processes and threads of a cell. */
const PROCESSES = 256
/** Descriptors of bubblewrap beside the three of the cell. */
const ARGUMENTS = 3
const FILTER = 4
/** The first of those by which it enters its control group. */
const WAYS = 5

/**
 * The `strict` profile: bubblewrap as an account that is not root, which makes namespaces of the cell's own (users, pids, network, IPC,
 * host name, control groups, mounts), shows it the files that it reads and 16 MB of /tmp, and holds it to a filter of system calls. It gets no
 * environment, whose first process would show it, and its arguments by a descriptor, for the same reason. Throws where the account is root:
 * its files in /proc/sys would be the cell's to write.
 */
export function strict({ bwrap, account, accounts = false, etc }: StrictOptions): Launch {
  if ((account?.uid ?? process.getuid?.()) === 0) throw new Error('a strict cell is never started as root')
  const slots = new Slots(account, accounts)
  return (spec, places = {}) => slots.start((whose) => {
    const { socketFolder, group } = places
    if (socketFolder !== undefined && whose !== undefined) chownSync(socketFolder, whose.uid, whose.gid)
    const ways = group?.open() ?? []
    const filter = openSync(filterFile(spec.starts ?? 'threads'), 'r')
    try {
      const child = spawn('/bin/sh', ['-c', `${enter(ways)}ulimit -c 0; exec /usr/bin/env -i "$@"`, 'sh', bwrap, '--args', String(ARGUMENTS), '--', spec.command, ...spec.args], {
        cwd: '/',
        env: {},
        stdio: ['pipe', 'pipe', 'pipe', 'pipe', filter, ...ways],
        detached: true,
        ...whose,
      })
      sendArguments(child, argumentsOf(spec, etc, places))
      child.once('exit', () => endHalfMade(child))
      return child
    } finally {
      for (const descriptor of [filter, ...ways]) closeSync(descriptor)
    }
  })
}

/**
 * For the shell: to go into a control group itself, before it is anything else, which the kernel lets it do without waiting for all
 * processors. Nobody gets the ways there. No core file, or program that the kernel would start for one, has anything of a cell.
 */
function enter(ways: readonly number[]): string {
  const numbers = ways.map((_, at) => WAYS + at)
  return numbers.map((number) => `echo 0 >&${number} || exit; exec ${number}>&-; `).join('')
}

/** What the profile asks of everything else. */
export function strictPolicy(): Policy {
  const hold = { filter: readFileSync(filterFile('alone')).toString('base64'), processes: PROCESSES }
  return { profile: 'strict', fresh: true, apart: true, jit: false, network: 'door', breaks: true, hold }
}

/** The program of a filter; the kernel takes no other than that of its architecture. */
export function filterFile(name: 'processes' | 'threads' | 'alone'): string {
  return fileURLToPath(new URL(`seccomp/${name}-${process.arch}.bpf`, import.meta.url))
}

/** In the order in which bubblewrap does it: what comes later lies on what came before. */
function argumentsOf({ env, reads = [], copies }: CellSpec, etc: string, { socketFolder, door }: CellPlaces): string[] {
  // Folders on the way to what is shown there are nobody's to write to.
  const below = [...new Set(reads.flatMap((path) => /^\/tmp\/[^/]+(?=\/)/.exec(path) ?? []))].filter((folder) => !reads.includes(folder))
  return [
    // `--unshare-all` would go on where there are no user namespaces.
    '--unshare-user', '--unshare-pid', '--unshare-net', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try', '--disable-userns',
    '--uid', '1000', '--gid', '1000', '--hostname', 'cell', '--cap-drop', 'ALL',
    '--die-with-parent', '--new-session',
    '--clearenv', ...Object.entries({ ...ENVIRONMENT, ...(door !== undefined && { MISP_EGRESS_DOOR: DOOR }), ...env }).flatMap(([name, value]) => ['--setenv', name, value]),
    '--proc', '/proc', ...DEVICES,
    '--size', String(TMP_BYTES), '--tmpfs', '/tmp',
    ...below.flatMap((folder) => ['--tmpfs', folder]),
    ...mountsOf(reads, etc, copies),
    ...below.flatMap((folder) => ['--remount-ro', folder]),
    ...(socketFolder === undefined ? [] : ['--ro-bind', socketFolder, SOCKET_FOLDER]),
    ...(door === undefined ? [] : ['--ro-bind', door, DOOR]),
    '--remount-ro', '/', '--chdir', '/tmp',
    '--seccomp', String(FILTER),
  ]
}

const ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/tmp', TMPDIR: '/tmp', LANG: 'C.UTF-8' }

/** No /dev/zero and no /dev/shm: memory that is shared through them belongs to no process. No terminal either. */
const DEVICES = [
  ...['null', 'random', 'urandom'].flatMap((name) => ['--dev-bind', `/dev/${name}`, `/dev/${name}`]),
  '--symlink', '/proc/self/fd', '/dev/fd',
  ...['stdin', 'stdout', 'stderr'].flatMap((name, at) => ['--symlink', `/proc/self/fd/${at}`, `/dev/${name}`]),
]

/** One that is killed while it makes its namespaces leaves a process that waits for it for ever, in the same group. */
function endHalfMade({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // There is none, as always but then.
  }
}

function sendArguments(child: ChildProcess, args: readonly string[]): void {
  const pipe = child.stdio[ARGUMENTS] as Writable
  // One that could not be started reads none.
  pipe.on('error', () => {})
  pipe.end(args.map((arg) => `${arg}\0`).join(''))
}
