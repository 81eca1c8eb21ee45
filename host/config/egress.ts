import { z } from 'zod'
import type { EgressProxy } from '../../sandboxes/contract.ts'
import { isNetwork } from '../../sandboxes/egress/addresses.ts'
import { isHostPattern } from '../../sandboxes/egress/policy.ts'
import { setting } from './setting.ts'

const proxy = z.string().refine((text) => text === '' || /^https?:$/.test(URL.parse(text)?.protocol ?? ''), {
  error: 'expected http://host:port, https://host:port, or nothing',
})

/** Hosts that a module may reach. */
export const Hosts = z.array(z.string().refine(isHostPattern, {
  error: 'expected names of hosts (api.example.org, *.example.org; others than ASCII as xn--), addresses, or * for any',
})).max(1000)

/** Networks that are not public and that a module may reach. */
export const Networks = z.array(z.string().refine(isNetwork, { error: 'expected networks such as 10.0.0.0/8 or fd00::/8, or addresses' })).max(1000)

/** Ports that a module may reach. */
export const Ports = z.array(z.int().min(1).max(65_535)).max(1000)

/** Headers that are added to what a module sends to a host. */
export const Headers = z.array(z.strictObject({
  host: z.string().refine((text) => isHostPattern(text) && !text.includes('*'), { error: 'expected the name or address of one host' }).transform((text) => text.toLowerCase()),
  name: z.string().regex(/^[\w!#$%&'*+.^`|~-]{1,100}$/, { error: 'expected the name of a header' }),
  secret: z.string(),
})).max(100)

/** Methods of HTTP that a module may use. */
export const Methods = z.array(z.string().regex(/^[A-Z]{1,50}$/, { error: 'expected methods of HTTP such as GET or POST' })).max(50)

/** How modules reach the network. */
export const Egress = z.strictObject({
  proxy: setting(proxy.optional(), {
    value: 'URL', what: "proxy for what modules request; empty: none; default: the host's own HTTP_PROXY, HTTPS_PROXY and NO_PROXY",
  }),
  caFile: setting(z.string().default(''), {
    value: 'FILE', path: true, what: "certificates (PEM) that fetch of TypeScript modules trusts besides Node's",
  }),
  connectSeconds: setting(z.number().positive().max(600).default(10), { value: 'SECONDS', what: 'time for fetch to find a host and connect' }),
  requestSeconds: setting(z.number().positive().max(3600).default(60), { value: 'SECONDS', what: 'time for fetch, redirects and body included' }),
  connections: setting(z.int().min(1).max(100_000).default(64), {
    value: 'N', what: 'profile strict: connections that the modules of a tenant may have at a time',
  }),
  requestsPerMinute: setting(z.int().min(1).default(1200), { value: 'N', what: 'profile strict: requests of the modules of a tenant in a minute' }),
  mbPerMinute: setting(z.int().min(1).default(1024), { value: 'MB', what: 'profile strict: what the modules of a tenant may send and get in a minute' }),
  connectionSeconds: setting(z.number().positive().max(86_400).default(600), { value: 'SECONDS', what: 'profile strict: how long a connection of a module may last' }),
  responseMb: setting(z.int().min(1).max(1024).default(64), { value: 'MB', what: 'longest body that fetch takes, also decompressed' }),
})
export type Egress = z.infer<typeof Egress>

/** The proxies that an environment names, as libraries in it would use them; undefined where it names none. */
export function environmentProxy(environment: Readonly<Record<string, string | undefined>>): EgressProxy | undefined {
  const read = (name: string) => environment[name] ?? environment[name.toUpperCase()]
  // A variable that is there and empty says: none, also where there is one for all.
  const [http, https] = [read('http_proxy') ?? read('all_proxy'), read('https_proxy') ?? read('all_proxy')].map((text) => text || undefined)
  if (http === undefined && https === undefined) return undefined
  return { http, https, except: noProxy(environment) }
}

/** What an environment says is reached without a proxy. */
export function noProxy(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  return (environment['no_proxy'] ?? environment['NO_PROXY'] ?? '').split(',').map((entry) => entry.trim()).filter(Boolean)
}
