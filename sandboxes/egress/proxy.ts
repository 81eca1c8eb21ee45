import type { EgressGrant } from '../contract.ts'
import { isNetwork, within } from './addresses.ts'
import { admitAddress, type Host } from './policy.ts'
import type { EgressTools } from './tools.ts'
import { unlessAborted } from './unless_aborted.ts'

/** How long a look-up may hold up a request whose host the proxy looks up as well. */
const LOOK_UP_MS = 1000

/** The proxy that a URL is requested through, as the operator wrote it; undefined: none. */
export function proxyFor({ proxy }: EgressGrant, url: URL, host: Host): string | undefined {
  if (proxy === undefined) return undefined
  const address = url.protocol === 'https:' ? proxy.https : proxy.http
  if (address === undefined || address === '') return undefined
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port
  return proxy.except.some((entry) => isExcepted(entry.trim().toLowerCase(), host, port)) ? undefined : address
}

/**
 * Vets a host that a proxy will connect to. The proxy resolves the name, and where it leads is for whoever runs the proxy to say; but a
 * name that leads to what is not public from here as well is refused. Machines behind a proxy often cannot resolve names: then, and
 * when it takes long, the proxy alone decides.
 */
export async function vetForProxy(grant: EgressGrant, host: Host, signal: AbortSignal, tools: EgressTools): Promise<void> {
  if (host.isAddress) return admitAddress(grant, host.text, host)
  // The proxy's own machine, whatever a resolver here says.
  if (host.text === 'localhost' || host.text.endsWith('.localhost')) return admitAddress(grant, '127.0.0.1', host)
  const ended = AbortSignal.any([signal, AbortSignal.timeout(LOOK_UP_MS)])
  const addresses = await unlessAborted(tools.lookup(host.text, ended), ended).catch(() => [])
  for (const address of addresses) admitAddress(grant, address, host)
}

/** An entry of NO_PROXY: a name stands for itself and all below it, with or without a port. */
function isExcepted(entry: string, { text, isAddress }: Host, port: string): boolean {
  if (entry === '*') return true
  if (isNetwork(entry)) return isAddress && within(text, [entry])
  const [, name = '', only] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(entry) ?? []
  if (name === '' || (only !== undefined && only !== port)) return false
  return text === name || (!isAddress && text.endsWith(`.${name}`))
}
