import { promises as dns } from 'node:dns'
import type { EgressGrant } from '../contract.ts'
import { unlessAborted } from './unless_aborted.ts'
import { EgressError } from './egress_error.ts'
import { admitAddress, admitHost, type Host, readHost } from './policy.ts'
import { addressOfReverse, reverseName } from './reverse.ts'
import { type EgressTools, egressTools } from './tools.ts'

export const RECORD_TYPES = ['A', 'AAAA', 'MX', 'NS', 'TXT', 'PTR', 'CNAME', 'SOA'] as const
export type RecordType = (typeof RECORD_TYPES)[number]

/**
 * Asks the name servers about a name that the grant allows, and answers what `resolve` of Node's `dns/promises` does for that type.
 *
 * - Where there is a list of hosts, only names in it are asked for. Answers are not filtered: to learn that a name leads to a private
 *   address is not to reach it, and often what a module is for.
 * - `PTR` takes an address as well as the name made of it. The address has to be public, or in a network that is granted; a list of
 *   hosts has to have the address, or a pattern such as `*.in-addr.arpa`.
 * - Proxies play no part: the name servers are those of the machine.
 *
 * Throws EgressError; a name or record that is not there is `unreachable`.
 */
export async function resolveOver(
  grant: EgressGrant, name: string, type: string, signal: AbortSignal, tools: EgressTools = egressTools(grant),
): Promise<unknown> {
  if (!isRecordType(type)) throw new EgressError('bad_request', `expected a type of record (${RECORD_TYPES.join(', ')}), found ${JSON.stringify(String(type).slice(0, 50))}`)
  const asked = admitted(grant, name, type)
  const resolver = new dns.Resolver({ timeout: Math.min(grant.connectMs, 5000), tries: 2 })
  if (tools.servers !== undefined) resolver.setServers([...tools.servers])
  const late = AbortSignal.timeout(grant.connectMs)
  try {
    return await unlessAborted(resolver.resolve(asked, type), AbortSignal.any([signal, late]))
  } catch (error) {
    if (signal.aborted) throw new EgressError('aborted', 'the question was called off', { cause: error })
    if (late.aborted) throw new EgressError('timeout', `no answer from the name servers within ${grant.connectMs / 1000} s (egress.connectSeconds)`)
    throw notFound(asked, type, error)
  } finally {
    resolver.cancel()
  }
}

function isRecordType(type: string): type is RecordType {
  return (RECORD_TYPES as readonly string[]).includes(type)
}

/** The name to ask for, once the policy has agreed. */
function admitted(grant: EgressGrant, name: string, type: RecordType): string {
  if (typeof name !== 'string') throw new EgressError('bad_request', 'expected a name')
  const host = readHost(name)
  if (host.isAddress && type !== 'PTR') throw new EgressError('bad_request', `expected a name, found the address ${host.text}: only PTR is for addresses`)
  const address = host.isAddress ? host.text : addressOfReverse(host.text)
  if (address === undefined) {
    admitHost(grant, host)
    return host.text
  }
  const reverse: Host = { text: reverseName(address), isAddress: false }
  if (!isAdmitted(grant, { text: address, isAddress: true })) admitHost(grant, reverse)
  admitAddress(grant, address, { text: address, isAddress: true })
  return reverse.text
}

function isAdmitted(grant: EgressGrant, host: Host): boolean {
  try {
    admitHost(grant, host)
    return true
  } catch {
    return false
  }
}

const SAID: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such name',
  ENODATA: 'the name has no such record',
  ESERVFAIL: 'the name servers fail',
  EREFUSED: 'the name servers refuse to answer',
  ETIMEOUT: 'no name server answers',
  ECONNREFUSED: 'no name server answers',
}

function notFound(name: string, type: RecordType, error: unknown): EgressError {
  const { code = '' } = error as NodeJS.ErrnoException
  return new EgressError('unreachable', `${type} of ${name}: ${SAID[code] ?? 'no answer that can be read'} (${code})`, { cause: error })
}
