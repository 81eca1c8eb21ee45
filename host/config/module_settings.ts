import type { EgressGrant, EgressProxy, ModuleSettings, SettingsOf } from '../../sandboxes/contract.ts'
import type { Config } from './config.ts'
import type { ModuleEntry } from './limits.ts'

const MEGABYTE = 1 << 20
const WEB_PORTS = [80, 443]
const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY']

/**
 * What holds for a module: the general limits, then every entry whose name or pattern fits, the later one winning. A tenant may save a file
 * under the name of a module that is shared with it: what an entry about such a name grants is not for that file.
 */
export function moduleSettings(config: General & Pick<Config, 'modules' | 'tenant'>): SettingsOf {
  const shared = config.tenant?.shared.names ?? []
  const entries = Object.entries(config.modules).map(([pattern, entry]) => ({ fits: matcher(pattern), ...forWhom(pattern, entry, shared) }))
  const general = toSettings(config, [])
  if (entries.length === 0) return () => general
  const known = new Map<string, ModuleSettings>()
  return (module, own = false) => {
    const fitting = entries.filter(({ fits }) => fits(module)).map(({ toOwn, toOthers }) => (own ? toOwn : toOthers))
    // Callers name modules as they like: only names that an entry is about are remembered.
    if (fitting.length === 0) return general
    const key = `${own ? 'own' : 'other'} ${module}`
    let settings = known.get(key)
    if (settings === undefined) {
      settings = toSettings(config, fitting)
      if (known.size < MOST_REMEMBERED) known.set(key, settings)
    }
    return settings
  }
}

/** What an entry means to a module of the tenant's own, and to any other. */
function forWhom(pattern: string, entry: ModuleEntry, shared: readonly string[]): { toOwn: ModuleEntry; toOthers: ModuleEntry } {
  if (entry.own === true) return { toOwn: entry, toOthers: {} }
  if (/^\*+$/.test(pattern) || !shared.some((name) => meet(pattern, name))) return { toOwn: entry, toOthers: entry }
  return { toOwn: limitsOf(entry), toOthers: entry }
}

/** What takes nothing from anybody to be given. */
function limitsOf({ enabled, timeout, cpuSeconds, runners, memoryMb }: ModuleEntry): ModuleEntry {
  return Object.fromEntries(Object.entries({ enabled, timeout, cpuSeconds, runners, memoryMb }).filter(([, value]) => value !== undefined))
}

/** Whether there is a name that fits both patterns. */
function meet(one: string, other: string): boolean {
  if (one === '' || other === '') return /^\**$/.test(one + other)
  if (one[0] === '*') return meet(one.slice(1), other) || meet(one, other.slice(1))
  if (other[0] === '*') return meet(other, one)
  return (one[0] === other[0] || one[0] === '?' || other[0] === '?') && meet(one.slice(1), other.slice(1))
}

const MOST_REMEMBERED = 10_000

/** What holds for all modules. */
type General = Pick<Config, 'limits' | 'egress' | 'surroundings' | 'host' | 'secrets'>

function toSettings(general: General, entries: readonly ModuleEntry[]): ModuleSettings {
  const { limits, egress } = general
  const said: ModuleEntry & Config['limits'] = Object.assign({}, limits, ...entries)
  const { timeout, cpuSeconds, runners, memoryMb, enabled = true, processes = false, warm = false } = said
  const env = [proxied(egress.proxy), ...entries.map((entry) => ({ ...proxied(entry.proxy), ...entry.env }))]
  return Object.freeze({
    enabled,
    timeout,
    env: Object.freeze(Object.assign({}, ...env) as Record<string, string>),
    limits: Object.freeze({
      runners,
      memoryMb,
      cpuSeconds,
      outputBytes: limits.outputMb * MEGABYTE,
      logBytes: limits.logKb * 1024,
      logLines: limits.logLines,
    }),
    egress: toGrant(general, said),
    processes,
    warm,
  })
}

function toGrant({ egress, secrets, surroundings, host: { profile } }: General, { hosts, networks = [], ports, methods, headers = [], proxy = egress.proxy }: ModuleEntry): EgressGrant {
  return Object.freeze({
    // Who is not trusted reaches what is named, and nothing else.
    hosts: hosts ?? (profile === 'strict' ? [] : undefined),
    networks,
    ports: ports ?? (profile === 'strict' ? WEB_PORTS : undefined),
    methods,
    headers: headers.map(({ host, name, secret }) => ({ host, name, value: secrets[secret] ?? '' })),
    proxy: proxy === undefined ? surroundings.proxy : oneFor(proxy, surroundings.noProxy),
    caFile: egress.caFile === '' ? undefined : egress.caFile,
    connectMs: egress.connectSeconds * 1000,
    requestMs: egress.requestSeconds * 1000,
    responseBytes: egress.responseMb * MEGABYTE,
  })
}

function oneFor(proxy: string, except: readonly string[]): EgressProxy | undefined {
  return proxy === '' ? undefined : Object.freeze({ http: proxy, https: proxy, except })
}

/** An empty proxy means none, whatever the host itself uses. */
function proxied(proxy: string | undefined): Record<string, string> {
  return proxy === undefined ? {} : Object.fromEntries(PROXY_VARIABLES.map((name) => [name, proxy]))
}

/** `*` stands for any text and `?` for one character. */
export function matcher(pattern: string): (name: string) => boolean {
  if (!/[*?]/.test(pattern)) return (name) => name === pattern
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')
  const expression = new RegExp(`^${escaped}$`, 's')
  return (name) => expression.test(name)
}
