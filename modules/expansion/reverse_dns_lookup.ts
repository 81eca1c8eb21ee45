import { type Dns, defineModule, ModuleError, simpleAnswer } from 'misp-module-host/sdk'
import { addressParts, reverseName } from '../_ip.ts'

export default defineModule({
  info: {
    name: 'Reverse DNS lookup',
    version: '1.0',
    author: 'misp-module-host',
    description: 'Names that an address has by its PTR records, and whether each name leads back to the address.',
    'module-type': ['expansion', 'hover'],
    features: 'Whoever owns an address may write any name into its PTR record. A name is confirmed if its own A or AAAA records hold the address.',
    references: ['https://www.rfc-editor.org/rfc/rfc1912'],
    input: 'An IPv4 or IPv6 address.',
    output: 'Hostnames; the comment says whether they are confirmed.',
  },
  attributes: { input: ['ip-src', 'ip-dst'], output: ['hostname'] },

  async handler(_query, { input, dns }) {
    const address = input.value.trim()
    const reverse = reverseName(address)
    if (reverse === undefined) throw new ModuleError(`"${address}" should be an IPv4 or IPv6 address.`)
    const names = (await pointers(dns, reverse, address)).map((name) => name.replace(/\.$/, ''))
    const checked = await Promise.all(names.slice(0, MOST_NAMES).map(async (name) => ({ name, confirmed: await leadsTo(dns, name, address) })))
    return simpleAnswer(...checked.map(({ name, confirmed }) => ({
      types: ['hostname'],
      values: [name],
      comment: `PTR record of ${address}${confirmed ? ', confirmed by the name' : '; the name does not lead back to it'}`,
    })))
  },
})

/** Some addresses of shared hosting have hundreds; a person reads the first. */
const MOST_NAMES = 20

async function pointers(dns: Dns, reverse: string, address: string): Promise<string[]> {
  try {
    return await dns.resolve(reverse, 'PTR')
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'ENOTFOUND' || code === 'ENODATA') throw new ModuleError(`${address} has no PTR record.`)
    throw new ModuleError(`The resolver could not look up ${address}: ${code ?? String(error)}`)
  }
}

async function leadsTo(dns: Dns, name: string, address: string): Promise<boolean> {
  const wanted = String(addressParts(address))
  try {
    const addresses = await dns.resolve(name, address.includes(':') ? 'AAAA' : 'A')
    return addresses.some((each) => String(addressParts(each)) === wanted)
  } catch {
    return false
  }
}
