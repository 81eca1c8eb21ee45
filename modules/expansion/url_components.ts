import { defineModule, type MispResults, ModuleError, mispResults, objectTemplate } from 'misp-module-host/sdk'
import { addressParts } from '../_ip.ts'

const Url = objectTemplate({
  name: 'url',
  uuid: '60efb77b-40b5-4c46-871b-ed1ed999fce5',
  version: 10,
  metaCategory: 'network',
  attributes: {
    url: 'url',
    scheme: { type: 'text', disable_correlation: true },
    credential: 'text',
    host: 'hostname',
    ip: 'ip-dst',
    port: { type: 'port', disable_correlation: true },
    tld: { type: 'text', disable_correlation: true },
    resource_path: 'text',
    query_string: 'text',
    fragment: 'text',
    text: 'text',
  },
})

export default defineModule({
  info: {
    name: 'URL components',
    version: '1.0',
    author: 'misp-module-host',
    description: 'Takes an address apart, and finds the addresses that are hidden in its parameters.',
    'module-type': ['expansion', 'hover'],
    features:
      'Defanged addresses (`hxxp`, `[.]`) are understood. Addresses in parameters, as in open redirects and safe-link rewriting, become ' +
      'objects of their own that the first refers to. The attribute is tagged where the host is an address or written in punycode, and where ' +
      'there are credentials in it. Nothing is asked over the network.',
    references: ['https://url.spec.whatwg.org'],
    input: 'A URL.',
    output: 'A url object, one for each address in its parameters, and tags.',
  },
  attributes: { input: ['url', 'uri', 'link'], output: ['url', 'hostname', 'ip-dst', 'port', 'text'], format: 'misp_standard' },

  handler({ attribute }) {
    const url = parse(attribute.value)
    if (url === undefined) throw new ModuleError(`"${attribute.value.slice(0, 200)}" should be an absolute URL with a host.`)
    const results = mispResults(attribute)
    const object = addUrl(results, url).refer(attribute, 'related-to')
    for (const inner of hiddenIn(url)) object.refer(addUrl(results, inner), 'contains')
    for (const tag of tagsFor(url)) results.tag(tag, attribute)
    return results.answer()
  },
})

function addUrl(results: MispResults, url: URL) {
  const address = addressIn(url)
  const host = address === undefined ? url.hostname : undefined
  return results.object(Url)
    .add('url', url.href)
    .add('scheme', url.protocol.slice(0, -1))
    .add('credential', url.username === '' ? undefined : `${decoded(url.username)}:${decoded(url.password)}`)
    .add('host', host)
    .add('ip', address)
    .add('port', url.port)
    .add('tld', host?.includes('.') === true ? host.slice(host.lastIndexOf('.') + 1) : undefined)
    .add('resource_path', url.pathname === '/' ? undefined : url.pathname)
    .add('query_string', url.search.slice(1))
    .add('fragment', url.hash.slice(1))
}

function parse(written: string): URL | undefined {
  const refanged = written.trim().replace(/^hxxp/i, 'http').replaceAll(/\[\.\]|\(\.\)|\[dot\]/gi, '.').replaceAll('[:]', ':').replace('[://]', '://')
  const url = URL.canParse(refanged) ? new URL(refanged) : undefined
  return url?.hostname ? url : undefined
}

const MOST_HIDDEN = 10

/** Values of parameters that are addresses themselves, encoded once more or not. */
function hiddenIn(url: URL): URL[] {
  const values = [...url.searchParams.values()].flatMap((value) => [value, decoded(value)])
  const found = values.filter((value) => /^h(tt|xx)ps?:\/\//i.test(value)).map(parse).filter((inner) => inner !== undefined)
  return [...new Map(found.map((inner) => [inner.href, inner])).values()].slice(0, MOST_HIDDEN)
}

function tagsFor(url: URL): string[] {
  const tags = []
  if (addressIn(url) !== undefined) tags.push('url:host="ip-address"')
  if (url.hostname.split('.').some((label) => label.startsWith('xn--'))) tags.push('url:host="punycode"')
  if (url.username !== '') tags.push('url:has="credentials"')
  return tags
}

function addressIn(url: URL): string | undefined {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return addressParts(host) === undefined ? undefined : host
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
