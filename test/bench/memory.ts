import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

/**
 * Memory of a process and all its descendants, in bytes: the sum of proportional set sizes, in which a page that several
 * processes share counts once. A process that ends meanwhile counts as nothing.
 */
export function treeBytes(root: number): number {
  return tree(root).reduce((sum, pid) => sum + rollup(pid, 'Pss:'), 0)
}

/** A process and its descendants, parents first. */
export function tree(root: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const parent = parentOf(Number(name))
    if (parent === undefined) continue
    const siblings = children.get(parent)
    if (siblings === undefined) children.set(parent, [Number(name)])
    else siblings.push(Number(name))
  }
  const found = [root]
  for (const pid of found) found.push(...(children.get(pid) ?? []))
  return found
}

/** Proportional set size of one process, in bytes. */
export function processBytes(pid: number): number {
  return rollup(pid, 'Pss:')
}

/** Resident size of one process now, in bytes. */
export function residentBytes(pid: number): number {
  return kilobytes(text(`/proc/${pid}/status`), 'VmRSS:')
}

/** The largest resident size of one process since `forgetPeak`, in bytes. */
export function peakBytes(pid: number): number {
  return kilobytes(text(`/proc/${pid}/status`), 'VmHWM:')
}

/** Lets the kernel measure the peak from now on. */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

/** Open descriptors of a process and all its descendants. */
export function treeDescriptors(root: number): number {
  return tree(root).reduce((sum, pid) => sum + descriptors(pid), 0)
}

export function descriptors(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length
  } catch {
    return 0
  }
}

/** A process's command line, for a report of who holds what. */
export function commandLine(pid: number): string {
  return text(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()
}

function rollup(pid: number, label: string): number {
  return kilobytes(text(`/proc/${pid}/smaps_rollup`), label)
}

function parentOf(pid: number): number | undefined {
  // The second field is the program's name in parentheses and may hold anything.
  const stat = text(`/proc/${pid}/stat`)
  const parent = Number(stat.slice(stat.lastIndexOf(')') + 4).split(' ', 1)[0])
  return stat === '' ? undefined : parent
}

function kilobytes(content: string, label: string): number {
  const at = content.indexOf(label)
  return at < 0 ? 0 : Number.parseInt(content.slice(at + label.length), 10) * 1024
}

function text(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
