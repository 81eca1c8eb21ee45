import { ARCHITECTURES, DENIED, LOOKED_AT, NEWEST, numberOf, type Architecture } from './syscalls.ts'

/**
 * How much a process may start. `processes`: others; `threads`: none, but it may become another program, which it has to at its start;
 * `alone`: not even that. A process that is held to one of them can go on to a narrower one, never back.
 */
export const FILTERS = ['processes', 'threads', 'alone'] as const
export type FilterName = (typeof FILTERS)[number]

/** A program for the kernel that decides on each system call of a process: `struct sock_filter`, one after the other. */
export function makeFilter(name: FilterName, architecture: Architecture): Uint8Array {
  const numbers = Object.fromEntries(Object.entries(LOOKED_AT).map(([call, pair]) => [call, numberOf(pair, architecture)]))
  const rules: Rule[] = [
    ...refuse(numbers['clone3'], ENOSYS),
    ...Object.values(DENIED).flatMap((pair) => refuse(numberOf(pair, architecture), EPERM)),
    ...(name === 'processes' ? [] : [...refuse(numbers['fork'], EPERM), ...refuse(numbers['vfork'], EPERM)]),
    ...(name === 'alone' ? [...refuse(numbers['execve'], EPERM), ...refuse(numbers['execveat'], EPERM)] : []),
    ...when(numbers['clone'], 0, [
      [JUMP_IF_ANY_BIT, NAMESPACE_FLAGS, 0, 1], errno(EPERM),
      ...(name === 'processes' ? [] : [[JUMP_IF_ANY_BIT, CLONE_THREAD, 1, 0], errno(EPERM)] satisfies Rule[]),
    ]),
    ...when(numbers['socket'], 0, [
      ...FAMILIES.map((family, at): Rule => [JUMP_IF_EQUAL, family, FAMILIES.length - at, 0]), errno(EAFNOSUPPORT),
    ]),
    // Text that is typed for somebody else into the terminal that he sits at.
    ...when(numbers['ioctl'], 1, [[JUMP_IF_EQUAL, TIOCSTI, 1, 0], [JUMP_IF_EQUAL, TIOCLINUX, 0, 1], errno(EPERM)]),
    // Its pages stay where the process has let go of them.
    ...when(numbers['mmap'], 3, [[AND, MAP_SHARED | MAP_ANONYMOUS, 0, 0], [JUMP_IF_EQUAL, MAP_SHARED | MAP_ANONYMOUS, 0, 1], errno(EPERM)]),
    // Only the question which one it has.
    ...when(numbers['personality'], 0, [[JUMP_IF_EQUAL, 0, 2, 0], [JUMP_IF_EQUAL, 0xffff_ffff, 1, 0], errno(EPERM)]),
  ]
  return encode([
    [LOAD, AT_ARCHITECTURE, 0, 0], [JUMP_IF_EQUAL, AUDIT[architecture], 1, 0], [RETURN, KILL_PROCESS, 0, 0],
    [LOAD, AT_NUMBER, 0, 0], [JUMP_IF_GREATER, NEWEST, 0, 1], errno(ENOSYS),
    ...rules,
    [RETURN, ALLOW, 0, 0],
  ])
}

/** Every filter, under the name of its file. */
export function allFilters(): ReadonlyMap<string, Uint8Array> {
  return new Map(ARCHITECTURES.flatMap((architecture) => FILTERS.map((name) => [`${name}-${architecture}.bpf`, makeFilter(name, architecture)])))
}

/** Operation, its constant, and how many rules it jumps over if it holds and if it does not. */
type Rule = readonly [operation: number, constant: number, ifTrue: number, ifFalse: number]

const LOAD = 0x20
const AND = 0x54
const JUMP_IF_EQUAL = 0x15
const JUMP_IF_GREATER = 0x25
const JUMP_IF_ANY_BIT = 0x45
const RETURN = 0x06

/** Offsets in `struct seccomp_data`. */
const AT_NUMBER = 0
const AT_ARCHITECTURE = 4
const AT_ARGUMENTS = 16

const AUDIT: Readonly<Record<Architecture, number>> = { x64: 0xc000_003e, arm64: 0xc000_00b7 }
const ALLOW = 0x7fff_0000
const ERRNO = 0x0005_0000
const KILL_PROCESS = 0x8000_0000

const EPERM = 1
const ENOSYS = 38
const EAFNOSUPPORT = 97

/** CLONE_NEW*: NS, CGROUP, UTS, IPC, USER, PID, NET, TIME. */
const NAMESPACE_FLAGS = 0x0002_0000 | 0x0200_0000 | 0x0400_0000 | 0x0800_0000 | 0x1000_0000 | 0x2000_0000 | 0x4000_0000 | 0x80
const CLONE_THREAD = 0x0001_0000
/** AF_UNIX, AF_INET, AF_INET6. */
const FAMILIES = [1, 2, 10]
const TIOCSTI = 0x5412
const TIOCLINUX = 0x541c
const MAP_SHARED = 0x01
const MAP_ANONYMOUS = 0x20

function errno(number: number): Rule {
  return [RETURN, ERRNO | number, 0, 0]
}

function refuse(call: number | undefined, number: number): Rule[] {
  return call === undefined ? [] : [[JUMP_IF_EQUAL, call, 0, 1], errno(number)]
}

/** Rules about the lower half of one argument of a call: what the kernel takes of these. Where none of them decides, it is allowed. */
function when(call: number | undefined, argument: number, rules: readonly Rule[]): Rule[] {
  if (call === undefined) return []
  return [[JUMP_IF_EQUAL, call, 0, rules.length + 2], [LOAD, AT_ARGUMENTS + 8 * argument, 0, 0], ...rules, [RETURN, ALLOW, 0, 0]]
}

function encode(rules: readonly Rule[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(8 * rules.length))
  for (const [at, [operation, constant, ifTrue, ifFalse]] of rules.entries()) {
    bytes.setUint16(8 * at, operation, true)
    bytes.setUint8(8 * at + 2, ifTrue)
    bytes.setUint8(8 * at + 3, ifFalse)
    bytes.setUint32(8 * at + 4, constant >>> 0, true)
  }
  return new Uint8Array(bytes.buffer)
}
