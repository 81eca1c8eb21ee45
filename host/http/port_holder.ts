import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Who listens at a port of this machine, as far as we may know: pid and command line. Linux only. */
export function portHolder(port: number): { readonly pid: number; readonly command: string } | undefined {
  const sockets = new Set(['tcp', 'tcp6'].flatMap((table) => listening(`/proc/net/${table}`, port)))
  if (sockets.size === 0) return undefined
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (!descriptors(pid).some((target) => sockets.has(target))) continue
    return { pid: Number(pid), command: read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim() }
  }
  return undefined
}

const LISTEN = '0A'

/** The listening sockets of a table, named as /proc names them. */
function listening(table: string, port: number): string[] {
  const rows = read(table).split('\n').slice(1).map((row) => row.trim().split(/\s+/))
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  return rows.filter(([, local, , state]) => state === LISTEN && local?.endsWith(`:${hex}`)).map((row) => `socket:[${row[9]}]`)
}

function descriptors(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => link(`/proc/${pid}/fd/${fd}`))
  } catch {
    return []
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
