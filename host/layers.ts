import { existsSync } from 'node:fs'
import { getuid } from 'node:process'
import type { Config } from './config/config.ts'
import type { Account } from '../sandboxes/launch/trusted.ts'

/** Something that stands between a module and the rest, and whether it does here. */
export interface Layer {
  readonly name: string
  readonly active: boolean
  readonly detail: string
}

/** What protects the host and its other modules from one of them, in the profile `trusted`, and what does not. */
export function layersOf({ limits }: Config, account: Account | undefined): readonly Layer[] {
  const isLinux = existsSync('/proc/self/smaps_rollup')
  return [
    { name: 'process', active: true, detail: 'module code runs in processes of its own, never in the host' },
    { name: 'deadline', active: true, detail: `a query has ${limits.timeout} s unless its module has another time; then its process is killed` },
    { name: 'output', active: true, detail: 'the length of an answer and what a query may log are limited' },
    { name: 'environment', active: true, detail: 'modules see a list of allowed variables, not those of the host' },
    { name: 'memory', active: isLinux, detail: isLinux ? 'each process has a limit and is measured from outside' : 'this system does not tell what a process uses' },
    { name: 'account', active: account !== undefined, detail: accountDetail(account) },
    { name: 'egress', active: true, detail: 'the network functions that the host offers reach what the operator allows; what a language opens by itself is not held' },
    { name: 'namespaces', active: false, detail: 'modules see the files, the network and the processes that their account sees' },
    { name: 'seccomp', active: false, detail: 'no system call is forbidden' },
    { name: 'cgroup', active: false, detail: 'processors are shared by priority alone' },
  ]
}

function accountDetail(account: Account | undefined): string {
  if (account !== undefined) return `modules run as uid ${account.uid}, which cannot touch the host`
  return `modules run as the host itself${getuid === undefined ? '' : `, uid ${getuid()}`}: they can end and read it`
}
