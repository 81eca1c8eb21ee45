import { existsSync } from 'node:fs'
import { execa } from 'execa'

type Environment = Readonly<Record<string, string | undefined>>

export interface PipSettings {
  /** Variables that make uv do as pip is told. */
  readonly uv: Readonly<Record<string, string>>
  /** pip has been told to use no index at all. */
  readonly noIndex: boolean
}

/**
 * pip's own settings, from PIP_* variables and every pip.conf. What the operator has set for uv itself stays. Proxies need
 * nothing, both read HTTPS_PROXY and its kin, unless pip has one of its own.
 */
export async function pipSettings(python: string, environment: Environment): Promise<PipSettings> {
  const { stdout } = await execa(python, ['-m', 'pip', 'config', 'list'], {
    reject: false, env: { ...environment }, extendEnv: false, cwd: '/', stdin: 'ignore',
  })
  const settings = parsePipConfig(stdout)
  const uv = Object.entries(uvVariables(settings)).filter(
    (pair): pair is [string, string] => Boolean(pair[1]) && environment[pair[0]] === undefined,
  )
  return { uv: Object.fromEntries(uv), noIndex: /^(1|true|yes|on)$/i.test(settings['no-index'] ?? '') }
}

/** The `section.name='value'` lines of pip's listing. As in pip, `install` beats `global`, and the environment both. */
export function parsePipConfig(listing: string): Record<string, string> {
  const ranked = listing.split('\n').flatMap((line) => {
    const [, section = '', name = '', , value = ''] = /^(global|install|:env:)\.([\w-]+)=(['"])(.*)\3$/.exec(line) ?? []
    return name === '' ? [] : [{ rank: RANKS.indexOf(section), name, value }]
  })
  // pip.conf may spread a list over lines, which the listing shows as `\n`.
  return Object.fromEntries(
    ranked.sort((a, b) => a.rank - b.rank).map(({ name, value }) => [name, value.split(/\\n|\s+/).filter(Boolean).join(' ')]),
  )
}

const RANKS = ['global', 'install', ':env:']

function uvVariables(settings: Record<string, string>): Record<string, string | undefined> {
  return {
    UV_DEFAULT_INDEX: settings['index-url'],
    UV_INDEX: settings['extra-index-url'],
    // pip takes the best version of all indexes; uv would stop at the first that knows the name.
    UV_INDEX_STRATEGY: settings['extra-index-url'] === undefined ? undefined : 'unsafe-best-match',
    UV_FIND_LINKS: existing(settings['find-links']),
    UV_INSECURE_HOST: settings['trusted-host'],
    UV_HTTP_TIMEOUT: settings['timeout'] ?? settings['default-timeout'],
    UV_HTTP_RETRIES: settings['retries'],
    SSL_CERT_FILE: settings['cert'],
    SSL_CLIENT_CERT: settings['client-cert'],
    HTTPS_PROXY: settings['proxy'],
    HTTP_PROXY: settings['proxy'],
  }
}

/** uv refuses a folder that does not exist, of which pip only warns, and wants commas. */
function existing(links: string | undefined): string | undefined {
  return links?.split(' ').filter((link) => /^\w+:\/\//.test(link) || existsSync(link)).join(',')
}
