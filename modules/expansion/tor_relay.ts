import { defineModule, ModuleError, mispResults, objectTemplate } from 'misp-module-host/sdk'
import { addressParts } from '../_ip.ts'
import { type Json, list, moment, record, text, texts } from '../_json.ts'
import { fetchJson } from '../_provider.ts'

const ONIONOO = { name: 'Onionoo', url: 'https://onionoo.torproject.org' }

const TorNode = objectTemplate({
  name: 'tor-node',
  uuid: 'a5fde1c8-318e-4658-a3ea-85ea000bdd33',
  version: 2,
  metaCategory: 'misc',
  attributes: {
    address: 'ip-src',
    nickname: 'text',
    fingerprint: 'text',
    flags: 'text',
    version: 'text',
    'first-seen': { type: 'datetime', disable_correlation: true },
    'last-seen': { type: 'datetime', disable_correlation: true },
    description: { type: 'text', disable_correlation: true },
    text: { type: 'text', disable_correlation: true },
  },
})

const MOST_RELAYS = 20

export default defineModule({
  info: {
    name: 'Tor relay',
    version: '1.0',
    author: 'misp-module-host',
    description: 'Whether an address is, or lately was, a relay of the Tor network, and whether traffic leaves the network there.',
    'module-type': ['expansion', 'hover'],
    requirements: ['Access to onionoo.torproject.org or to a copy of it; no key'],
    features: 'Relays of the last week are known. The attribute is tagged as a relay, and as an exit where traffic comes out.',
    references: ['https://metrics.torproject.org/onionoo.html'],
    input: 'An IPv4 or IPv6 address.',
    output: 'A tor-node object for each relay, and tags.',
  },
  attributes: { input: ['ip-src', 'ip-dst'], output: ['ip-src', 'text', 'datetime'], format: 'misp_standard' },
  config: { url: 'Address of Onionoo, if it is a copy.' },

  async handler({ attribute }, context) {
    const address = attribute.value.trim()
    if (addressParts(address) === undefined) throw new ModuleError(`"${address}" should be an IPv4 or IPv6 address.`)
    // A search finds addresses that begin so: the whole ones are picked out below. An IPv6 address is written in brackets there.
    const search = address.includes(':') ? `[${address}]` : address
    const answer = record(await fetchJson(context, ONIONOO, `/details?search=${encodeURIComponent(search)}`))
    if (!Array.isArray(answer['relays'])) throw new ModuleError(`${ONIONOO.name} answered no list of relays.`)
    const relays = answer['relays'].map(record).filter((relay) => addressesOf(relay).has(String(addressParts(address))))
    if (relays.length === 0) throw new ModuleError(`${address} has not been a Tor relay in the last week.`)

    const results = mispResults(attribute)
    for (const relay of relays.slice(0, MOST_RELAYS)) {
      results.object(TorNode)
        .add('address', address)
        .add('nickname', text(relay['nickname']))
        .add('fingerprint', text(relay['fingerprint']))
        .add('flags', texts(relay['flags']).join(', '))
        .add('version', text(relay['version']))
        .add('first-seen', moment(relay['first_seen']))
        .add('last-seen', moment(relay['last_seen']))
        .add('description', [text(relay['as']), text(relay['as_name']), text(relay['country'])?.toUpperCase()].filter((part) => part !== undefined).join(', '))
        .add('text', relay['running'] === false ? 'not running' : undefined)
        .refer(attribute, 'related-to')
    }
    results.tag('tor:relay="yes"', attribute)
    if (relays.some((relay) => texts(relay['flags']).includes('Exit'))) results.tag('tor:exit="yes"', attribute)
    return results.answer()
  },
})

/** Where a relay listens and where its traffic comes out, in a form that can be compared. */
function addressesOf(relay: Json): ReadonlySet<string> {
  const listening = texts(list(relay['or_addresses'])).map((address) => address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1'))
  return new Set([...listening, ...texts(relay['exit_addresses'])].map((address) => String(addressParts(address))))
}
