import { statfsSync } from 'node:fs'
import { SetupError } from './setup_error.ts'

/** What kind of trouble pip or uv had. `build`: a package could not be built or found, others may still work. */
export type InstallTrouble = 'disk-full' | 'registry-unreachable' | 'managed-elsewhere' | 'build'

const DISK = /No space left on device|os error 28\b|Errno 28\b|ENOSPC|Disk quota exceeded|os error 122\b/i
const MANAGED = /externally[- ]managed/i
const REGISTRY = new RegExp([
  // pip
  'Failed to establish a new connection', 'NewConnectionError', 'ConnectTimeoutError', 'ReadTimeoutError', 'ProxyError',
  'Max retries exceeded', 'CERTIFICATE_VERIFY_FAILED', 'Temporary failure in name resolution', 'Could not fetch URL',
  'Connection (refused|reset|to \\S+ timed out)', 'Network is unreachable',
  // uv
  'error sending request', 'dns error', 'client error \\(Connect\\)', 'operation timed out', 'Failed to fetch',
  'HTTP status (client|server) error \\((401|403|407|5\\d\\d)', 'invalid peer certificate',
].join('|'), 'i')

/** Reads the output of a failed pip or uv. Disk first: a full disk makes other things fail as well. */
export function troubleOf(output: string): InstallTrouble {
  if (DISK.test(output)) return 'disk-full'
  if (MANAGED.test(output)) return 'managed-elsewhere'
  return REGISTRY.test(output) ? 'registry-unreachable' : 'build'
}

/** Whether there is no room left to speak of: some tools fail on a full disk without saying why. */
export function isDiskFull(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize < 32 * 2 ** 20
  } catch {
    return false
  }
}

/** The error to show for trouble that no other package would escape. */
export function fatalError(trouble: Exclude<InstallTrouble, 'build'>, folder: string, output: string): SetupError {
  const said = tellingLine(output)
  if (trouble === 'disk-full') {
    return new SetupError(trouble, {
      found: `the disk that holds ${folder} is full`,
      needed: 'about 2 GB for all modules, 0.2 GB for --extras core, here or in another place (--state DIR); then start again, the install goes on',
      command: `df -h ${folder}`,
      output: said,
    })
  }
  if (trouble === 'managed-elsewhere') {
    return new SetupError(trouble, {
      found: `the environment ${folder} is managed by the operating system, which refuses installs by pip`,
      needed: 'an environment of its own for misp-modules (without --python)',
      command: 'misp-module-host python install',
      output: said,
    })
  }
  return new SetupError(trouble, {
    found: `the package registry cannot be reached: ${said}`,
    needed: 'a package index (set PIP_INDEX_URL, HTTPS_PROXY or pip.conf) or a folder of wheels',
    command: 'misp-module-host python install --find-links DIR',
    output: said,
  })
}

/** Why one requirement could not be installed, in one line. */
export function tellingLine(output: string): string {
  const lines = output.split('\n').map((line) => line.replace(/^[\s×│╰─>]+/u, '').trim()).filter(Boolean)
  const telling = SIGNS.map((sign) => lines.findLast((line) => sign.test(line))).find((line) => line !== undefined)
  return (telling ?? lines.at(-1) ?? 'no output').slice(0, 300)
}

/** The most telling first. */
const SIGNS = [
  /No space left|os error 28|Disk quota/i, /fatal error:/, /error: command .* failed: No such file/,
  /Connection refused|timed out|dns error|name resolution/i,
  /No matching distribution|no version of|was not found in|not found in the provided/i, /^ERROR:/, /^error:/i, /cause:/,
]
