import { readFileSync } from 'node:fs'
import { execa } from 'execa'
import { aptLine } from './diagnose.ts'
import type { PackageTables } from './package_tables.ts'

/** What of the Debian packages that the full set uses is there. */
export interface SystemPackages {
  readonly installed: readonly string[]
  readonly missing: readonly string[]
  /** Installs the missing ones; undefined where none is missing. */
  readonly aptLine: string | undefined
}

/** undefined: this is no Debian or Ubuntu, nobody knows the packages' names. */
export async function systemPackages(tables: PackageTables, wanted = allOf(tables)): Promise<SystemPackages | undefined> {
  if (!isDebian()) return undefined
  const format = '${db:Status-Status}\t${Package}\t${Provides}\n'
  const { stdout, failed } = await execa('dpkg-query', ['-W', '-f', format], { reject: false })
  if (failed) return undefined
  const there = installedNames(stdout)
  const missing = wanted.filter((name) => !there.has(name))
  return {
    installed: wanted.filter((name) => there.has(name)),
    missing,
    aptLine: missing.length === 0 ? undefined : aptLine(missing),
  }
}

/** Every package with which all upstream modules load and answer. */
export function allOf(tables: PackageTables): readonly string[] {
  return tables.system.map((row) => row.package)
}

/**
 * Installs packages as root, without questions, after refreshing the lists once. Each output line goes to `line`. Rejects
 * with execa's error, whose message holds apt's own words.
 */
export async function installSystemPackages(packages: readonly string[], line: (text: string) => void): Promise<void> {
  const uid = process.getuid?.()
  if (uid !== 0) throw new Error(`expected to be root, found uid ${uid}; as root: ${aptLine(packages)}`)
  for (const args of [['update', '-qq'], ['install', '-y', '-qq', '--no-install-recommends', ...packages]]) {
    const child = execa('apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...args], {
      env: { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' }, stdin: 'ignore', all: true,
    })
    for await (const text of child.iterable({ from: 'all' })) line(text)
    await child
  }
}

/** Since the change of `time_t` some libraries have a new name and provide the old one. */
function installedNames(listing: string): Set<string> {
  const names = new Set<string>()
  for (const row of listing.split('\n')) {
    const [status, name = '', provides = ''] = row.split('\t')
    if (status !== 'installed') continue
    names.add(name)
    for (const provided of provides.split(',')) names.add(provided.trim().split(' ')[0] ?? '')
  }
  return names
}

function isDebian(): boolean {
  try {
    const release = readFileSync('/etc/os-release', 'utf8')
    return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(release)
  } catch {
    return false
  }
}
