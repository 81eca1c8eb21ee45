import { spawn } from 'node:child_process'
import type { Launch } from './launch.ts'

/** The account that runners get when the host is root. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

export interface LaunchOptions {
  /** undefined: the host's own account. */
  readonly account: Account | undefined
  /** The host's environment, of which only the allowed names pass. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly home: string
  readonly cwd: string
}

/**
 * The `trusted` profile: own session, own account where the host is root, environment by allow-list. Limits of memory,
 * descriptors and file size are set by the runner on itself; those of time and memory are enforced from outside as well.
 */
export function trusted(options: LaunchOptions): Launch {
  const base = { ...allowed(options.environment), HOME: options.home, TMPDIR: options.cwd }
  return (spec) =>
    spawn(spec.command, [...spec.args], {
      cwd: options.cwd,
      env: { ...base, ...spec.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      // A session and process group of its own: a module that signals its group does not reach the host.
      detached: true,
      ...options.account,
    })
}

const NAMES = new Set([
  'PATH', 'LANG', 'LANGUAGE', 'TZ',
  'SSL_CERT_FILE', 'SSL_CERT_DIR', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE',
  'HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'all_proxy', 'no_proxy',
])

function allowed(environment: LaunchOptions['environment']): Record<string, string> {
  const passed: Record<string, string> = {}
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && (NAMES.has(name) || name.startsWith('LC_'))) passed[name] = value
  }
  return passed
}
