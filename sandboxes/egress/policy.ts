import { isIP } from 'node:net'
import type { EgressGrant } from '../contract.ts'
import { classOf, within } from './addresses.ts'
import { EgressError } from './egress_error.ts'

/** A host as a URL or a question has it, its syntax checked: a name in lower case without a final dot, or an address. */
export interface Host {
  readonly text: string
  readonly isAddress: boolean
}

/** Reads a host; what is not plainly a name or an address is refused before any rule or resolver sees it. */
export function readHost(text: string): Host {
  const bare = /^\[.*\]$/.test(text) ? text.slice(1, -1) : text
  if (isIP(bare) !== 0 && !bare.includes('%')) return { text: bare, isAddress: true }
  const name = text.toLowerCase().replace(/\.$/, '')
  if (name.length > 253 || !NAME.test(name) || /(^|\.)(\d+|0x[\da-f]*)$/.test(name)) {
    throw new EgressError('bad_request', `expected the name or address of a host, found ${JSON.stringify(text.slice(0, 300))}`)
  }
  return { text: name, isAddress: false }
}

const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?'
const NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`)

/** Refuses a host that is not in the list of those that the module may ask, where there is one. Addresses have to be listed as well. */
export function admitHost(grant: EgressGrant, host: Host): void {
  const { hosts } = grant
  if (hosts === undefined || hosts.some((pattern) => fits(pattern.toLowerCase().replace(/\.$/, ''), host))) return
  throw new EgressError('denied', `the module may not reach ${host.text}: ${
    hosts.length === 0 ? 'modules.<name>.hosts is empty' : `it is not in modules.<name>.hosts (${shortened(hosts)})`}`)
}

/** Refuses a port that is not in the list of those that the module may ask, where there is one. */
export function admitPort({ ports }: EgressGrant, host: Host, port: number): void {
  if (ports === undefined || ports.includes(port)) return
  throw new EgressError('denied', `the module may not reach port ${port} of ${host.text}: ${
    ports.length === 0 ? 'modules.<name>.ports is empty' : `it is not in modules.<name>.ports (${ports.join(', ')})`}`)
}

/** Refuses a method of HTTP that is not in the list of those that the module may use, where there is one. */
export function admitMethod({ methods }: EgressGrant, host: Host, method: string): void {
  if (methods === undefined || methods.includes(method)) return
  throw new EgressError('denied', `the module may not send ${method} to ${host.text}: ${
    methods.length === 0 ? 'modules.<name>.methods is empty' : `it is not in modules.<name>.methods (${methods.join(', ')})`}`)
}

/** Names and values that are added to a request to this host, and that stand for whatever else it has of these names. */
export function addedHeaders({ headers }: EgressGrant, host: Host): readonly (readonly [name: string, value: string])[] {
  return headers.filter((each) => each.host === host.text).map(({ name, value }) => [name.toLowerCase(), value] as const)
}

/** Refuses an address that is not public, unless its network is granted. `host`: what the module asked for. */
export function admitAddress(grant: EgressGrant, address: string, host: Host): void {
  const kind = classOf(address)
  if (kind === 'public' || within(address, grant.networks)) return
  const what = host.text === address ? `${address} (${kind})` : `${host.text}, which is ${address} (${kind})`
  throw new EgressError('denied', `the module may not reach ${what}: grant it with modules.<name>.networks`)
}

/** Whether a text can stand in a list of hosts. */
export function isHostPattern(text: string): boolean {
  if (text === '*') return true
  try {
    return !readHost(text.replace(/^\*\./, '')).isAddress || !text.startsWith('*')
  } catch {
    return false
  }
}

function fits(pattern: string, { text, isAddress }: Host): boolean {
  if (pattern === '*' || pattern === text) return true
  return !isAddress && pattern.startsWith('*.') && text.endsWith(pattern.slice(1)) && text.length > pattern.length - 1
}

function shortened(hosts: readonly string[]): string {
  return hosts.length <= 5 ? hosts.join(', ') : `${hosts.slice(0, 5).join(', ')} and ${hosts.length - 5} more`
}
