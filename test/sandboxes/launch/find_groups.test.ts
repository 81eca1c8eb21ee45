import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'vitest'
import { ControlGroups } from '../../../sandboxes/launch/groups/control_groups.ts'
import { findGroupFolders, sweepGroups } from '../../../sandboxes/launch/groups/find.ts'
import { TenantGroups } from '../../../sandboxes/launch/groups/tenant_groups.ts'
import { startOf } from '../../../sandboxes/process/process_start.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'groups-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A group of a machine that is made up, as the kernel would show it. */
function group(name: string, files: Readonly<Record<string, string>> = {}): string {
  const path = join(folder, name)
  mkdirSync(path, { recursive: true })
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text)
  return path
}

/** What the kernel says of the host: where which hierarchy is mounted, and which of its groups the host is in. */
function proc(mounts: readonly (readonly [at: string, type: string, options: string, root?: string])[], own: readonly string[]): string {
  const lines = mounts.map(([at, type, options, root = '/'], number) => `${30 + number} 20 0:30 ${root} ${at} rw,relatime shared:9 - ${type} ${type} ${options}`)
  return group('proc', { mountinfo: `20 1 0:1 / / rw - ext4 /dev/vda rw\n${lines.join('\n')}\n`, cgroup: `${own.join('\n')}\n` })
}

const FIRST = (): readonly (readonly [string, string, string])[] => [[join(folder, 'memory'), 'cgroup', 'rw,memory'], [join(folder, 'pids'), 'cgroup', 'rw,pids']]

describe("the groups of a tenant's cells", () => {
  const LIMITS = { memoryBytes: 1, perBodyByte: 0, processes: 1 }

  it('are in one of its own, which bounds those in it, counts what they have had and goes behind with them', ({ expect }) => {
    const own = group('unified')
    const groups = new TenantGroups(new ControlGroups({ version: 2, memory: own, pids: own, cpu: own, cpuacct: own }))
    groups.putBehind(true)
    expect([readdirSync(own), groups.usedMs(), groups.behind]).toEqual([[], undefined, false])
    groups.make(LIMITS)
    groups.make(LIMITS)
    const [name = '', ...others] = readdirSync(own)
    expect(others).toEqual([])
    expect(readFileSync(join(own, name, 'cgroup.subtree_control'), 'utf8')).toBe('+memory +pids +cpu')
    group(`unified/${name}`, { 'cpu.stat': 'usage_usec 12500\nuser_usec 1\n', 'cpu.idle': '0', 'cpu.weight': '100' })
    const told = (): string[] => ['cpu.idle', 'cpu.weight'].map((file) => readFileSync(join(own, name, file), 'utf8'))
    expect(groups.usedMs()).toBe(12.5)
    groups.putBehind(true)
    expect([groups.behind, told()]).toEqual([true, ['1', '100']])
    groups.putBehind(false)
    expect([groups.behind, told()]).toEqual([false, ['0', '100']])
  })

  it('have the least weight instead where the kernel knows of no behind, and are not behind where nobody can say so', async ({ expect }) => {
    const [memory, pids, cpu, cpuacct] = [group('memory'), group('pids'), group('cpu'), group('cpuacct')]
    const groups = new TenantGroups(new ControlGroups({ version: 1, memory, pids, cpu, cpuacct }))
    groups.make(LIMITS)
    const [name = ''] = readdirSync(cpu)
    groups.putBehind(true)
    expect([groups.behind, groups.usedMs()]).toEqual([false, undefined])
    group(`cpu/${name}`, { 'cpu.shares': '1024' })
    group(`cpuacct/${name}`, { 'cpuacct.usage': '2500000\n' })
    const shares = join(cpu, name, 'cpu.shares')
    groups.putBehind(true)
    expect([groups.behind, groups.usedMs(), readFileSync(shares, 'utf8').slice(0, 1)]).toEqual([true, 2.5, '2'])
    groups.putBehind(false)
    expect([groups.behind, readFileSync(shares, 'utf8')]).toEqual([false, '1024'])
    for (const file of [shares, join(cpuacct, name, 'cpuacct.usage')]) rmSync(file)
    await groups.remove()
    for (const folder of [memory, pids, cpu, cpuacct]) expect(readdirSync(folder)).toEqual([])
  })
})

describe('control groups', () => {
  it('are those of version 2, where it bounds memory and processes below the group of the host', ({ expect }) => {
    const own = group('unified/host.service', { 'cgroup.controllers': 'cpu memory pids\n', 'cgroup.subtree_control': 'cpu memory pids\n', 'cgroup.procs': `${process.pid}\n` })
    const found = findGroupFolders(proc([[join(folder, 'unified'), 'cgroup2', 'rw'], ...FIRST()], ['0::/host.service']))
    expect(found).toEqual({ version: 2, memory: own, pids: own, cpu: own, cpuacct: own })
    expect(readdirSync(own).filter((name) => name.startsWith('misp-module-host'))).toEqual([])
  })

  it('are handed down by a host that goes below its group, where nobody else is in that', ({ expect }) => {
    const own = group('unified/host.service', { 'cgroup.controllers': 'memory pids\n', 'cgroup.subtree_control': '', 'cgroup.procs': `${process.pid}\n` })
    expect(findGroupFolders(proc([[join(folder, 'unified'), 'cgroup2', 'rw']], ['0::/host.service']))).toMatchObject({ version: 2 })
    expect(readFileSync(join(own, 'cgroup.subtree_control'), 'utf8')).toBe('+memory +pids')
    expect(readFileSync(join(own, 'misp-module-host/cgroup.procs'), 'utf8')).toBe(String(process.pid))
  })

  it('are none of version 2 where others are in the group of the host', ({ expect }) => {
    group('unified', { 'cgroup.controllers': 'memory pids\n', 'cgroup.subtree_control': '', 'cgroup.procs': `1\n${process.pid}\n` })
    expect(findGroupFolders(proc([[join(folder, 'unified'), 'cgroup2', 'rw']], ['0::/'])))
      .toEqual({ unavailable: 'those of version 2 cannot be written (1 other processes are in the group of the host); version 1 is not mounted' })
  })

  it('are those of version 1, where version 2 bounds something else; in a container those of its mount', ({ expect }) => {
    const [memory, pids] = [group('memory/a/b'), group('pids')]
    group('unified', { 'cgroup.controllers': 'hugetlb\n' })
    const found = findGroupFolders(proc([[join(folder, 'unified'), 'cgroup2', 'rw'], ...FIRST()], ['4:memory:/a/b', '8:pids:/not/to/be/seen', '0::/']))
    expect(found).toEqual({ version: 1, memory, pids })
  })

  it('share the processors as well where the kernel lets the host do that, and do without where it does not', ({ expect }) => {
    const [memory, pids, cpu] = [group('memory'), group('pids'), group('cpu')]
    const own = ['4:memory:/', '8:pids:/', '1:cpu,cpuacct:/']
    expect(findGroupFolders(proc([...FIRST(), [cpu, 'cgroup', 'rw,cpu,cpuacct']], own))).toEqual({ version: 1, memory, pids, cpu, cpuacct: cpu })
    expect(findGroupFolders(proc([...FIRST(), ['/proc/self', 'cgroup', 'rw,cpu,cpuacct']], own))).toEqual({ version: 1, memory, pids })
    const [only, counted] = [group('only'), group('counted')]
    expect(findGroupFolders(proc([...FIRST(), [only, 'cgroup', 'rw,cpu'], [counted, 'cgroup', 'rw,cpuacct']], [...own, '2:cpu:/', '3:cpuacct:/'])))
      .toEqual({ version: 1, memory, pids, cpu: only, cpuacct: counted })
  })

  it('are none where they cannot be written, and it is said why', ({ expect }) => {
    // Nobody makes folders there, root neither.
    const found = findGroupFolders(proc([['/proc/self', 'cgroup', 'rw,memory'], ['/proc/self', 'cgroup', 'rw,pids']], ['4:memory:/', '8:pids:/']))
    expect(found).toEqual({ unavailable: expect.stringMatching(/^version 2 is not mounted; those of version 1 cannot be written \((?:ENOENT|EACCES|EPERM)/) })
  })

  it('are none on a system that has none', ({ expect }) => {
    expect(findGroupFolders(join(folder, 'missing'))).toEqual({ unavailable: 'this system has no control groups' })
  })

  it('of hosts that were killed are removed, and no others', ({ expect }) => {
    const [memory, pids] = [group('memory'), group('pids')]
    const [dead, living] = [`misp-module-host-${process.pid}-1-7`, `misp-module-host-${process.pid}-${startOf(process.pid)}-7`]
    for (const name of [dead, `${dead}/${dead}0`, living, `${living}/${living}0`, 'other', 'misp-module-host']) for (const hierarchy of ['memory', 'pids']) group(`${hierarchy}/${name}`)
    sweepGroups({ version: 1, memory, pids })
    for (const hierarchy of [memory, pids]) {
      expect(existsSync(join(hierarchy, dead))).toBe(false)
      expect(readdirSync(hierarchy).toSorted()).toEqual([living, 'misp-module-host', 'other'].toSorted())
      expect(existsSync(join(hierarchy, living, `${living}0`))).toBe(true)
    }
  })
})
