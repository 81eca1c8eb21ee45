import { isIPv4, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import ipaddr from 'ipaddr.js'

/** Whose an address is; anything but `public` needs a grant. */
export type AddressClass = string

/**
 * What an address that somebody means to reach is for: `public`, or one word for why it is not. Anything that is not plainly an address
 * is `no address`.
 *
 * IPv4 and IPv6 have a table each: an IPv6 address that carries an IPv4 one is what it says it is, never what it carries.
 */
export function classOf(address: string): AddressClass {
  if (isIPv4(address)) return firstOf(V4, address) ?? (isOwn(address) ? 'this machine' : 'public')
  const text = withoutZone(address)
  if (!isIPv6(text)) return 'no address'
  return firstOf(V6, text) ?? (isOwn(text) ? 'this machine' : 'public')
}

/** Whether an address lies in one of these networks (CIDR, or a single address). */
export function within(address: string, networks: readonly string[]): boolean {
  const text = withoutZone(address)
  if (!isIPv4(text) && !isIPv6(text)) return false
  const parsed = parse(text)
  return networks.some((network) => {
    const [base, bits] = parseNetwork(network)
    return base.kind() === parsed.kind() && parsed.match(base, bits)
  })
}

/** Whether a text is a network in CIDR form, or an address: no more forms than these, though parsers know others. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  if (rest.length > 0 || !(isIPv4(address) || (isIPv6(address) && !address.includes('%')))) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (isIPv4(address) ? 32 : 128))
}

/** The bytes of an address, 4 or 16. */
export function bytesOf(address: string): readonly number[] {
  return parse(address).toByteArray()
}

type Network = [ipaddr.IPv4 | ipaddr.IPv6, number]

function parseNetwork(text: string): Network {
  const [address = '', bits] = text.split('/')
  const base = parse(address)
  return [base, bits === undefined ? base.toByteArray().length * 8 : Number(bits)]
}

/** The library reads `::127.0.0.1` as if it were `::ffff:127.0.0.1`, so it gets such an address without dots. */
function parse(address: string): ipaddr.IPv4 | ipaddr.IPv6 {
  if (!address.includes(':') || !address.includes('.')) return ipaddr.parse(address)
  return ipaddr.parse(new URL(`http://[${address}]`).hostname.slice(1, -1))
}

const table = (rows: readonly (readonly [name: AddressClass, ...networks: string[]])[]) =>
  rows.flatMap(([name, ...networks]) => networks.map((network) => ({ name, network: parseNetwork(network) })))

/** The first that fits counts. Metadata services stand before the networks that they hide in. */
const V4 = table([
  ['metadata', '169.254.169.254', '169.254.170.2', '100.100.100.200', '192.0.0.192', '168.63.129.16'],
  ['loopback', '127.0.0.0/8'],
  ['private', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'],
  ['link-local', '169.254.0.0/16'],
  ['carrier-grade NAT', '100.64.0.0/10'],
  ['unspecified', '0.0.0.0/8'],
  ['documentation', '192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'],
  ['reserved', '192.0.0.0/24', '192.88.99.0/24', '198.18.0.0/15', '240.0.0.0/4'],
  ['multicast', '224.0.0.0/4'],
])

/** Public is 2000::/3 without what is set apart in it: the last row has the rest. */
const V6 = table([
  ['metadata', 'fd00:ec2::254', 'fd20:ce::254'],
  ['loopback', '::1'],
  ['unspecified', '::'],
  ['IPv4-mapped', '::ffff:0:0/96', '::ffff:0:0:0/96'],
  ['IPv4-compatible', '::/96'],
  ['NAT64', '64:ff9b::/96', '64:ff9b:1::/48'],
  ['6to4', '2002::/16'],
  ['Teredo', '2001::/32'],
  ['documentation', '2001:db8::/32', '3fff::/20'],
  ['reserved', '2001::/23'],
  ['private', 'fc00::/7'],
  ['link-local', 'fe80::/10'],
  ['site-local', 'fec0::/10'],
  ['multicast', 'ff00::/8'],
  ['reserved', '::/3', '4000::/2', '8000::/1'],
])

function firstOf(rows: ReturnType<typeof table>, address: string): AddressClass | undefined {
  const parsed = parse(address)
  return rows.find(({ network: [base, bits] }) => parsed.match(base, bits))?.name
}

/** An address of the machine's own may be public, and still lead to what listens behind its firewall. */
function isOwn(address: string): boolean {
  const normal = parse(address).toNormalizedString()
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return own.some((each) => parse(withoutZone(each.address)).toNormalizedString() === normal)
}

/** Link-local addresses come from resolvers with the interface they belong to. */
function withoutZone(address: string): string {
  return address.replace(/%[\w.-]+$/, '')
}
