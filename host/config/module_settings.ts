import type { ModuleSettings } from '../../sandboxes/contract.ts'
import { ANY_PUBLIC } from '../../sandboxes/egress/grant.ts'
import type { Config } from './config.ts'
import type { ModuleEntry } from './limits.ts'

const MEGABYTE = 1 << 20
const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY']

/** What holds for a module: the general limits, then every entry whose name or pattern fits, the later one winning. */
export function moduleSettings({ limits, modules }: Pick<Config, 'limits' | 'modules'>): (module: string) => ModuleSettings {
  const entries = Object.entries(modules).map(([pattern, entry]) => ({ fits: matcher(pattern), entry }))
  const general = toSettings(limits, [])
  if (entries.length === 0) return () => general
  const known = new Map<string, ModuleSettings>()
  return (module) => {
    const fitting = entries.filter(({ fits }) => fits(module)).map(({ entry }) => entry)
    // Callers name modules as they like: only names that an entry is about are remembered.
    if (fitting.length === 0) return general
    let settings = known.get(module)
    if (settings === undefined) {
      settings = toSettings(limits, fitting)
      if (known.size < MOST_REMEMBERED) known.set(module, settings)
    }
    return settings
  }
}

const MOST_REMEMBERED = 10_000

function toSettings(limits: Config['limits'], entries: readonly ModuleEntry[]): ModuleSettings {
  const { timeout, runners, memoryMb, enabled = true }: ModuleEntry & Config['limits'] = Object.assign({}, limits, ...entries)
  const env = entries.flatMap((entry) => Object.entries({ ...proxied(entry.proxy), ...entry.env }))
  return Object.freeze({
    enabled,
    timeout,
    env: Object.freeze(Object.fromEntries(env)),
    limits: Object.freeze({
      runners,
      memoryMb,
      outputBytes: limits.outputMb * MEGABYTE,
      logBytes: limits.logKb * 1024,
      logLines: limits.logLines,
    }),
    egress: ANY_PUBLIC,
  })
}

/** An empty proxy means none, whatever the host itself uses. */
function proxied(proxy: string | undefined): Record<string, string> {
  return proxy === undefined ? {} : Object.fromEntries(PROXY_VARIABLES.map((name) => [name, proxy]))
}

/** `*` stands for any text and `?` for one character. */
function matcher(pattern: string): (name: string) => boolean {
  if (!/[*?]/.test(pattern)) return (name) => name === pattern
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')
  const expression = new RegExp(`^${escaped}$`, 's')
  return (name) => expression.test(name)
}
