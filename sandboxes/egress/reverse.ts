import { isIPv4 } from 'node:net'
import { bytesOf } from './addresses.ts'

const V4 = '.in-addr.arpa'
const V6 = '.ip6.arpa'

/** The name under which records about an address are. */
export function reverseName(address: string): string {
  if (isIPv4(address)) return `${address.split('.').toReversed().join('.')}${V4}`
  const digits = bytesOf(address).flatMap((byte) => [byte >> 4, byte & 15])
  return `${digits.toReversed().map((digit) => digit.toString(16)).join('.')}${V6}`
}

/** The address that such a name is about; undefined for any other name, those about a network among them. */
export function addressOfReverse(name: string): string | undefined {
  if (name.endsWith(V4)) {
    const address = name.slice(0, -V4.length).split('.').toReversed().join('.')
    return isIPv4(address) ? address : undefined
  }
  const digits = name.endsWith(V6) ? name.slice(0, -V6.length).split('.') : []
  if (digits.length !== 32 || !digits.every((digit) => /^[\da-f]$/.test(digit))) return undefined
  return digits.toReversed().join('').match(/.{4}/g)?.join(':')
}
