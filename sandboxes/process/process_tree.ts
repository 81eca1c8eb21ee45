import { readdirSync, readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { proportionalBytes } from './memory.ts'

/** A process and all its descendants. Empty where the kernel does not tell. */
export async function processTree(pid: number): Promise<number[]> {
  const tasks = await readdir(`/proc/${pid}/task`).catch(() => [])
  const children = await Promise.all(tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, 'latin1').catch(() => '')))
  const pids = children.join(' ').split(/\s+/).filter(Boolean).map(Number)
  const below = await Promise.all(pids.map(processTree))
  return tasks.length === 0 ? [] : [pid, ...below.flat()]
}

/** Memory of a process and all its descendants, in bytes, shared pages counted once. */
export async function treeBytes(pid: number): Promise<number> {
  const bytes = await Promise.all((await processTree(pid)).map(proportionalBytes))
  return bytes.reduce((sum, each) => sum + each, 0)
}

/** The processes below one, at once: 20 microseconds for one that has none. Empty where the kernel does not tell. */
export function descendants(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendants(child)])
}

/** Those that it has started itself, the youngest last. Empty where the kernel does not tell. */
export function childrenOf(pid: number): number[] {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`)
    return tasks.flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'latin1').split(' ').filter(Boolean).map(Number))
  } catch {
    return []
  }
}
