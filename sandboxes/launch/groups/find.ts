import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startOf } from '../../process/process_start.ts'

/** Where control groups of cells are made, below the one that the host is in. */
export interface GroupFolders {
  readonly version: 1 | 2
  /** Of version 1 there is one for each kind of bound, unless they are mounted together. */
  readonly memory: string
  readonly pids: string
  /** Where each gets the same share of the processors, however many processes it has. undefined: nowhere. */
  readonly cpu?: string
  /** Where the kernel counts what each has had of them. undefined: nowhere. */
  readonly cpuacct?: string
}

/** Each folder in which a cell has one. */
export function foldersOf({ memory, pids, cpu = memory, cpuacct = cpu }: GroupFolders): readonly string[] {
  return [...new Set([memory, pids, cpu, cpuacct])]
}

/** The same one level further down. */
export function below({ version, memory, pids, cpu, cpuacct }: GroupFolders, name: string): GroupFolders {
  return {
    version, memory: join(memory, name), pids: join(pids, name),
    ...(cpu !== undefined && { cpu: join(cpu, name) }), ...(cpuacct !== undefined && { cpuacct: join(cpuacct, name) }),
  }
}

/** Why there are none. */
export interface NoGroups {
  readonly unavailable: string
}

/** Names of those that this process makes begin so; the start tells it from an earlier process with its number. */
export const PREFIX = `misp-module-host-${process.pid}-${startOf(process.pid) ?? 0}-`

/** Those of version 2 where they bound memory and processes and can be written, else those of version 1. `proc`: what the kernel says of the host. */
export function findGroupFolders(proc = '/proc/self'): GroupFolders | NoGroups {
  const said = readGroups(proc)
  if (said === undefined) return { unavailable: 'this system has no control groups' }
  const reasons: string[] = []
  for (const find of [findSecond, findFirst]) {
    const found = find(said)
    const reason = typeof found === 'string' ? found : obstacleIn(found)
    if (typeof found !== 'string' && reason === undefined) return found
    if (reason !== undefined) reasons.push(reason)
  }
  return { unavailable: reasons.join('; ') }
}

/** Removes what hosts that were killed have left; what is not empty is somebody's. */
export function sweepGroups(folders: GroupFolders): void {
  for (const folder of foldersOf(folders)) sweepBelow(folder)
}

function sweepBelow(folder: string): void {
  for (const name of readdirSync(folder)) {
    const [, pid, started] = /^misp-module-host-(\d+)-(\d+)-[0-9a-f]+$/.exec(name) ?? []
    if (pid === undefined || startOf(Number(pid)) === started) continue
    const left = join(folder, name)
    attempt(() => sweepBelow(left))
    attempt(() => rmdirSync(left))
  }
}

interface Said {
  readonly mounts: readonly { readonly root: string; readonly at: string; readonly type: string; readonly options: readonly string[] }[]
  /** By controller; that of version 2 under the empty text. */
  readonly own: ReadonlyMap<string, string>
}

function readGroups(proc: string): Said | undefined {
  try {
    const mounts = readFileSync(join(proc, 'mountinfo'), 'utf8').trimEnd().split('\n').map((line) => {
      const [where = '', what = ''] = line.split(' - ', 2)
      const [, , , root = '/', at = ''] = where.split(' ')
      const [type = '', , options = ''] = what.split(' ')
      return { root, at, type, options: options.split(',') }
    })
    const own = readFileSync(join(proc, 'cgroup'), 'utf8').trimEnd().split('\n').flatMap((line) => {
      const [, controllers = '', ...path] = line.split(':')
      return controllers.split(',').map((controller) => [controller, path.join(':')] as const)
    })
    return { mounts, own: new Map(own) }
  } catch {
    return undefined
  }
}

/** Where the group that the host is in is seen; in a container perhaps the mount itself. undefined: nowhere. */
function ownFolder({ mounts, own }: Said, controller: string): string | undefined {
  const mount = mounts.find(({ type, options }) => (controller === '' ? type === 'cgroup2' : type === 'cgroup' && options.includes(controller)))
  if (mount === undefined) return undefined
  const path = own.get(controller) ?? '/'
  const below = path.startsWith(mount.root) ? path.slice(mount.root.length) : path
  const folder = join(mount.at, below)
  return existsSync(folder) ? folder : mount.at
}

/** Text: why not. */
function findSecond(said: Said): GroupFolders | string {
  const folder = ownFolder(said, '')
  if (folder === undefined) return 'version 2 is not mounted'
  const offered = wordsOf(join(folder, 'cgroup.controllers'))
  if (!WANTED.every((controller) => offered.includes(controller))) return `version 2 bounds neither memory nor processes here (it offers: ${offered.join(', ') || 'nothing'})`
  return { version: 2, memory: folder, pids: folder, ...(offered.includes('cpu') && { cpu: folder, cpuacct: folder }) }
}

function findFirst(said: Said): GroupFolders | string {
  const [memory, pids] = WANTED.map((controller) => ownFolder(said, controller))
  if (memory === undefined || pids === undefined) return 'version 1 is not mounted'
  const [cpu, cpuacct] = [ownFolder(said, 'cpu'), ownFolder(said, 'cpuacct')]
  const found = { version: 1, memory, pids } as const
  const more = { ...found, ...(cpu !== undefined && { cpu, ...(cpuacct !== undefined && { cpuacct }) }) }
  return obstacleIn(more) === undefined ? more : found
}

const WANTED = ['memory', 'pids'] as const

/** Why none can be made there; undefined: one was. */
function obstacleIn(folders: GroupFolders): string | undefined {
  const { version, memory } = folders
  const tried = foldersOf(folders).map((folder) => join(folder, `${PREFIX}0`))
  try {
    if (version === 2) handDown(memory, controllersOf(folders))
    for (const folder of tried) mkdirSync(folder)
    return undefined
  } catch (error) {
    return `those of version ${version} cannot be written (${(error as Error).message.split(',', 1)[0]})`
  } finally {
    for (const folder of tried) attempt(() => rmdirSync(folder))
  }
}

/** What bounds groups below one has to be handed down, which only a group without processes of its own can do: the host goes below it. */
function handDown(folder: string, wanted: readonly string[]): void {
  const control = join(folder, CONTROL)
  const given = wordsOf(control)
  if (wanted.every((controller) => given.includes(controller))) return
  const others = wordsOf(join(folder, 'cgroup.procs')).filter((pid) => Number(pid) !== process.pid)
  if (others.length > 0) throw new Error(`${others.length} other processes are in the group of the host`)
  const leaf = join(folder, 'misp-module-host')
  mkdirSync(leaf, { recursive: true })
  writeFileSync(join(leaf, 'cgroup.procs'), String(process.pid))
  writeFileSync(control, orderOf(wanted))
}

/** Makes such a group as others are to be in. Throws where the kernel refuses. */
export function makeParent(folders: GroupFolders): void {
  for (const folder of foldersOf(folders)) mkdirSync(folder, { recursive: true })
  if (folders.version === 2) writeFileSync(join(folders.memory, CONTROL), orderOf(controllersOf(folders)))
}

function controllersOf({ cpu }: GroupFolders): readonly string[] {
  return cpu === undefined ? WANTED : [...WANTED, 'cpu']
}

function orderOf(controllers: readonly string[]): string {
  return controllers.map((controller) => `+${controller}`).join(' ')
}

/** The file of version 2 that says what of a group bounds those in it. */
const CONTROL = 'cgroup.subtree_control'

function wordsOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split(/\s+/).filter(Boolean)
  } catch {
    return []
  }
}

function attempt(act: () => void): void {
  try {
    act()
  } catch {
    // It is somebody else's, or was never there.
  }
}
