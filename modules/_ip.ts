/** The parts of an address as numbers: 4 bytes or 8 groups. undefined: it is none. */
export function addressParts(address: string): readonly number[] | undefined {
  const bytes = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address)
  if (bytes !== null) {
    const parts = bytes.slice(1).map(Number)
    return parts.every((part) => part <= 255) ? parts : undefined
  }
  return address.includes(':') ? groups(address) : undefined
}

/** Its name in the part of DNS that leads back from addresses to names. undefined: it is no address. */
export function reverseName(address: string): string | undefined {
  const parts = addressParts(address)
  if (parts === undefined) return undefined
  if (parts.length === 4) return `${parts.toReversed().join('.')}.in-addr.arpa`
  const digits = parts.map((group) => group.toString(16).padStart(4, '0')).join('')
  return `${digits.split('').toReversed().join('.')}.ip6.arpa`
}

function groups(address: string): readonly number[] | undefined {
  const halves = withoutDots(address).split('::')
  if (halves.length > 2) return undefined
  const [before = [], after] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - before.length - (after?.length ?? 0)
  if (after === undefined ? missing !== 0 : missing < 1) return undefined
  const all = after === undefined ? before : [...before, ...Array<string>(missing).fill('0'), ...after]
  return all.every((group) => /^[\da-f]{1,4}$/i.test(group)) ? all.map((group) => Number.parseInt(group, 16)) : undefined
}

/** `::ffff:192.0.2.1` has its last two groups in the older form. */
function withoutDots(address: string): string {
  return address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, a: string, b: string, c: string, d: string) =>
    [[a, b], [c, d]].map(([high, low]) => (Number(high) * 256 + Number(low)).toString(16)).join(':'))
}
