import { existsSync, lstatSync, mkdirSync, readlinkSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Copies } from '../runtime.ts'
import { isBelow } from '../below.ts'

/** What libraries of a system read, where it is there. */
export const LIBRARIES = [
  '/lib', '/lib32', '/lib64', '/usr/lib', '/usr/lib32', '/usr/lib64', '/usr/libexec',
  '/etc/ld.so.cache', '/etc/alternatives', '/etc/localtime', '/etc/mime.types', '/etc/protocols', '/etc/services',
  '/etc/ssl', '/etc/pki', '/etc/ca-certificates',
  '/usr/share/ca-certificates', '/usr/share/mime', '/usr/share/misc', '/usr/share/zoneinfo',
]
/** Programs of the system, and what they read. */
export const PROGRAMS = [...LIBRARIES, '/bin', '/usr']

/**
 * Arguments for bubblewrap that show a cell these files and folders, and no others; links on the way to them as links. What there is a copy
 * of is shown from there; of a folder of which only parts were copied, these parts.
 */
export function mountsOf(reads: readonly string[], etc: string, copies: Copies = {}): string[] {
  const shown: Shown = new Map()
  for (const path of reads) show(path, shown, copies)
  // What is below a folder that is shown would be mounted on it: the folder first. A copy need not have what another copy is of.
  const mounts = [...shown].sort(([a], [b]) => (a < b ? -1 : 1)).filter(([path]) => Object.hasOwn(copies, path) || !isCovered(path, shown))
  return [...mounts.flatMap(([, args]) => args), ...ETC_FILES.flatMap(({ name }) => ['--ro-bind', join(etc, name), `/etc/${name}`])]
}

type Shown = Map<string, readonly string[]>

function show(path: string, shown: Shown, copies: Copies): void {
  const entry = lstatSync(path, { throwIfNoEntry: false })
  if (entry === undefined || shown.has(path)) return
  if (entry.isSymbolicLink()) {
    const target = readlinkSync(path)
    shown.set(path, ['--symlink', target, path])
    return show(resolve(dirname(path), target), shown, copies)
  }
  const parts = Object.hasOwn(copies, path) ? [] : Object.keys(copies).filter((copied) => isBelow(copied, path))
  if (parts.length === 0) return void shown.set(path, ['--ro-bind', sourceOf(path, copies), path])
  for (const part of parts) show(part, shown, copies)
}

/** Its own place or that of its copy, which may be in one of a folder above it, by this or its real name. */
function sourceOf(path: string, copies: Copies): string {
  const folders = Object.entries(copies)
  if (folders.length === 0) return path
  const places = [path, realpathSync(path)].flatMap((name) =>
    folders.filter(([folder]) => folder === name || isBelow(name, folder)).map(([folder, copy]) => join(copy, name.slice(folder.length))))
  return copies[path] ?? places.find((place) => existsSync(place)) ?? path
}

/** Whether a folder above it is shown as well, or a link to one. */
function isCovered(path: string, shown: Shown): boolean {
  for (let folder = dirname(path); folder !== '/'; folder = dirname(folder)) if (shown.has(folder)) return true
  return false
}

/** Names are looked up in no file and at no server but the cell's own, where there is none. */
const ETC_FILES = [
  { name: 'passwd', text: 'root:x:0:0:root:/:/usr/sbin/nologin\nmodule:x:1000:1000:module:/tmp:/usr/sbin/nologin\n' },
  { name: 'group', text: 'root:x:0:\nmodule:x:1000:\n' },
  { name: 'hosts', text: '127.0.0.1 localhost\n' },
  { name: 'nsswitch.conf', text: 'passwd: files\ngroup: files\nhosts: files dns\n' },
  // Without a name server libraries of DNS do not load.
  { name: 'resolv.conf', text: 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' },
] as const

/** Writes the files of /etc that cells see into a folder that any account can read. */
export function writeEtc(folder: string): void {
  if (existsSync(folder)) return
  mkdirSync(folder, { mode: 0o755 })
  for (const { name, text } of ETC_FILES) writeFileSync(join(folder, name), text, { mode: 0o644 })
}
