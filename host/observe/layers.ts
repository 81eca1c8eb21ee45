import { existsSync } from 'node:fs'
import { getuid } from 'node:process'
import type { Config } from '../config/config.ts'
import type { GroupFolders } from '../../sandboxes/launch/groups/find.ts'
import type { Account } from '../../sandboxes/launch/trusted.ts'
import type { Profile } from '../ground/profile.ts'

/** Something that stands between a module and the rest, and whether it does here. */
export interface Layer {
  readonly name: string
  readonly active: boolean
  readonly detail: string
}

/** What protects the host and its other modules from one of them, and what does not. */
export function layersOf({ limits, host }: Config, account: Account | undefined, profile: Pick<Profile, 'policy' | 'tried' | 'groups'>): readonly Layer[] {
  const isLinux = existsSync('/proc/self/smaps_rollup')
  return [
    { name: 'process', active: true, detail: 'module code runs in processes of its own, never in the host' },
    { name: 'deadline', active: true, detail: `a query has ${limits.timeout} s unless its module has another time; then its process is killed` },
    { name: 'output', active: true, detail: 'the length of an answer and what a query may log are limited' },
    { name: 'environment', active: true, detail: 'modules see a list of allowed variables, not those of the host' },
    { name: 'memory', active: isLinux, detail: isLinux ? 'each process has a limit and is measured from outside' : 'this system does not tell what a process uses' },
    { name: 'account', active: account !== undefined, detail: accountDetail(account, profile, host.uids !== 0) },
    ...(profile.policy.apart ? strictLayers(profile) : TRUSTED_LAYERS),
    cgroupLayer(profile),
  ]
}

/** Without them nobody has a part of the processors that is his. */
function cgroupLayer({ groups }: Pick<Profile, 'groups'>): Layer {
  if ('unavailable' in groups) return { name: 'cgroup', active: false, detail: `memory and processes are watched from outside alone: ${groups.unavailable}; ${processorsDetail({})}` }
  const { version } = groups.folders
  return { name: 'cgroup', active: true, detail: `the kernel bounds the memory and the processes of each cell as a whole (version ${version}); ${processorsDetail(groups.folders)}` }
}

function processorsDetail({ cpu, cpuacct }: Pick<GroupFolders, 'cpu' | 'cpuacct'>): string {
  if (cpu === undefined) return 'processors are shared by priority alone'
  const alike = 'each tenant, and of one tenant each cell, has the same share of the processors'
  return cpuacct === undefined ? alike : `${alike}; a tenant that takes more than its part gets what the others leave`
}

const TRUSTED_LAYERS: readonly Layer[] = [
  { name: 'egress', active: true, detail: 'the network functions that the host offers reach what the operator allows; what a language opens by itself is not held' },
  { name: 'namespaces', active: false, detail: 'modules see the files, the network and the processes that their account sees' },
  { name: 'seccomp', active: false, detail: 'no system call is forbidden' },
]

function strictLayers({ tried }: Pick<Profile, 'tried'>): readonly Layer[] {
  return [
    { name: 'egress', active: true, detail: 'there is no network but the door to the egress process, which connects to what a module is granted and to nothing else' },
    { name: 'namespaces', active: true, detail: 'each module has files, processes, users and a network of its own; it can write to 16 MB of /tmp' },
    { name: 'seccomp', active: true, detail: 'system calls that no module needs are refused; modules in isolates start no processes, those in Python only with the grant `processes`' },
    { name: 'fresh', active: true, detail: 'nothing of one query is there for the next, unless its module declares that it may be warm and is granted that' },
    probeLayer(tried()),
  ]
}

function probeLayer(last: ReturnType<Profile['tried']>): Layer {
  const { tried, at } = last ?? { tried: [], at: new Date(0) }
  const failed = tried.filter(({ holds }) => !holds)
  const when = `tried at ${at.toISOString()}`
  if (tried.length > 0 && failed.length === 0) return { name: 'probe', active: true, detail: `all ${tried.length} promises of the profile hold, ${when}` }
  return { name: 'probe', active: false, detail: `${failed.map(({ what, found }) => `"${what}" does not hold (${found})`).join('; ') || 'no cell starts'}, ${when}` }
}

function accountDetail(account: Account | undefined, { policy }: Pick<Profile, 'policy'>, hasOwnUids: boolean): string {
  if (account !== undefined && policy.apart && hasOwnUids) return `each cell runs as a uid of its own, from ${account.uid} on`
  if (account !== undefined) return `modules run as uid ${account.uid}, which cannot touch the host`
  const whose = `modules run as the host itself${getuid === undefined ? '' : `, uid ${getuid()}`}`
  return policy.apart ? `${whose}; they see nothing of it` : `${whose}: they can end and read it`
}
