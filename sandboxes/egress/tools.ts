import { promises as dns } from 'node:dns'
import { readFileSync } from 'node:fs'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import type { EgressGrant } from '../contract.ts'
import { EgressError } from './egress_error.ts'
import type { Turns } from './turns.ts'

/** What requests of one grant have in common: made once, used for all of them. */
export interface EgressTools {
  /** Every address of a name. Rejects with an error that has a `code` where there is none. */
  readonly lookup: (name: string, signal: AbortSignal) => Promise<readonly string[]>
  /** Name servers (`address` or `address:port`) to ask; undefined: those of the machine. */
  readonly servers: readonly string[] | undefined
  /** What TLS trusts; undefined: what Node does. */
  readonly trust: () => SecureContext | undefined
  /** Told of the bytes of a body as they come, compressed and then again as what they were; throws to end that. */
  readonly arrived?: (bytes: number) => void
  /** Told of every host that is asked, redirects included, before the policy has its say. */
  readonly asked?: (target: { readonly host: string; readonly port: number }) => void
}

/**
 * Tools for a grant. Names are looked up as everything else on the machine does it, its hosts file included; where `servers` are given,
 * by asking these. The machine's way takes a thread for as long as a name server likes: `turns` says how many at a time.
 */
export function egressTools(grant: EgressGrant, servers?: readonly string[], turns?: Turns): EgressTools {
  let trusted: SecureContext | undefined
  return {
    lookup: (name, signal) => {
      if (servers !== undefined) return lookupAt(servers, name)
      return turns === undefined ? systemLookup(name) : turns.take(() => systemLookup(name), signal)
    },
    servers,
    trust: () => (grant.caFile === undefined ? undefined : (trusted ??= trusting(grant.caFile))),
  }
}

async function systemLookup(name: string): Promise<string[]> {
  const found = await dns.lookup(name, { all: true, order: 'verbatim' })
  return found.map(({ address }) => address)
}

async function lookupAt(servers: readonly string[], name: string): Promise<string[]> {
  const resolver = new dns.Resolver({ timeout: 2000, tries: 2 })
  resolver.setServers([...servers])
  const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
  const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  const [failed] = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as Error] : []))
  if (found.length === 0 && failed !== undefined) throw failed
  return found
}

/** A list of authorities replaces Node's own, so that these have to be in it too. */
function trusting(file: string): SecureContext {
  try {
    return createSecureContext({ ca: [...getCACertificates('default'), readFileSync(file, 'utf8')] })
  } catch (error) {
    throw new EgressError('tls', 'the certificates of egress.caFile cannot be read', { cause: error })
  }
}
