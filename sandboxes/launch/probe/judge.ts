import { z } from 'zod'

/** One thing that the profile promises, and whether it held when it was tried. */
export interface Tried {
  readonly what: string
  readonly holds: boolean
  /** What was found. */
  readonly found: string
}

/** What the program in a cell of Node says; it is ours, and what it found may be anything. */
export const NodeFacts = z.strictObject({
  uid: z.int(),
  capabilities: z.string(),
  bounding: z.string(),
  noNewPrivileges: z.string(),
  seccomp: z.string(),
  interfaces: z.array(z.string()),
  routes: z.int(),
  netlink: z.string(),
  processes: z.int(),
  environment: z.string(),
  commandOfFirst: z.string(),
  corePattern: z.string(),
  sysrq: z.string(),
  root: z.string(),
  devices: z.string(),
  temporary: z.string(),
  temporaryTooMuch: z.string(),
  planted: z.string(),
  passwords: z.string(),
  descriptors: z.array(z.string()),
  jit: z.boolean(),
})
export type NodeFacts = z.infer<typeof NodeFacts>

/** What the kernel said to each call: `allowed`, or the name of an error. */
export const PythonFacts = z.record(z.string(), z.string())
export type PythonFacts = z.infer<typeof PythonFacts>

export function judgeNode(facts: NodeFacts): Tried[] {
  const tried = (what: string, holds: boolean, found: string): Tried => ({ what, holds, found })
  const refusedWith = (what: string, found: string, ...codes: string[]): Tried => tried(what, codes.includes(found), found)
  const none = /^0+$/
  return [
    tried('a cell has no account of the machine', facts.uid === 1000, `uid ${facts.uid}`),
    tried('a cell has no capabilities', none.test(facts.capabilities) && none.test(facts.bounding), `${facts.capabilities} of ${facts.bounding}`),
    tried('setuid programs give a cell nothing', facts.noNewPrivileges === '1', `NoNewPrivs ${facts.noNewPrivileges}`),
    tried('system calls are filtered', facts.seccomp === '2', `Seccomp ${facts.seccomp}`),
    tried('a cell has no network', facts.interfaces.join() === 'lo' && facts.routes === 0, `${facts.interfaces.join(', ')}; ${facts.routes} routes`),
    tried('a cell cannot ask the kernel about networks', !facts.netlink.startsWith('{'), facts.netlink),
    tried('a cell sees no processes but its own', facts.processes <= 3, `${facts.processes} processes`),
    tried('the environment of the host is not to be seen', facts.environment === '', facts.environment === '' ? 'empty' : `${facts.environment.length} bytes`),
    tried('the arguments of bubblewrap are not to be seen', facts.commandOfFirst === '--args', facts.commandOfFirst),
    refusedWith('settings of the kernel cannot be written', facts.corePattern, 'EACCES', 'EROFS', 'ENOENT', 'EPERM'),
    refusedWith('the keys of the kernel cannot be pressed', facts.sysrq, 'EACCES', 'EROFS', 'ENOENT', 'EPERM'),
    refusedWith('nothing can be written outside of /tmp', facts.root, 'EROFS'),
    refusedWith('nothing can be written among the devices', facts.devices, 'EROFS'),
    refusedWith('a cell can write in /tmp', facts.temporary, 'done'),
    refusedWith('there are no more than 16 MB in /tmp', facts.temporaryTooMuch, 'ENOSPC'),
    refusedWith('files of the host that all may read are not there', facts.planted, 'ENOENT'),
    refusedWith('files of the system that are nobody\'s business are not there', facts.passwords, 'ENOENT'),
    tried('a cell has no descriptors but its own', facts.descriptors.length === 0, facts.descriptors.join(', ') || 'none'),
    tried('V8 makes no machine code', !facts.jit, facts.jit ? 'WebAssembly is there' : 'no WebAssembly'),
  ]
}

/** What has to be allowed, or runners could not work. */
const WORKS = new Set(['AF_INET', 'fork before holding itself', 'holding itself'])

export function judgePython(facts: PythonFacts): Tried[] {
  return Object.entries(facts).map(([what, found]) => ({
    what: WORKS.has(what) ? `${what} works` : `${what} is refused`,
    holds: WORKS.has(what) ? found === 'allowed' : REFUSALS.has(found),
    found,
  }))
}

/** Not EINVAL or EFAULT: then the kernel has looked at it. */
const REFUSALS = new Set(['EPERM', 'ENOSYS', 'EAFNOSUPPORT'])
