import { defineModule, exportAnswer } from 'misp-module-host/sdk'
import { addressParts } from '../_ip.ts'
import { moment } from '../_json.ts'
import { attributesOf, type EventAttribute, isForDetection } from './_event_attributes.ts'

/** For each attribute type, what to compare in a STIX pattern. */
const PATTERNS: Readonly<Record<string, (value: string) => string>> = {
  domain: (value) => `[domain-name:value = ${quoted(value)}]`,
  hostname: (value) => `[domain-name:value = ${quoted(value)}]`,
  'domain|ip': (value) => both(value, (domain, ip) => `[domain-name:value = ${quoted(domain)} AND domain-name:resolves_to_refs[*].value = ${quoted(ip)}]`),
  'ip-src': (value) => `[network-traffic:src_ref.type = '${addressType(value)}' AND network-traffic:src_ref.value = ${quoted(value)}]`,
  'ip-dst': (value) => `[network-traffic:dst_ref.type = '${addressType(value)}' AND network-traffic:dst_ref.value = ${quoted(value)}]`,
  url: (value) => `[url:value = ${quoted(value)}]`,
  uri: (value) => `[url:value = ${quoted(value)}]`,
  md5: (value) => `[file:hashes.MD5 = ${quoted(value)}]`,
  sha1: (value) => `[file:hashes.'SHA-1' = ${quoted(value)}]`,
  sha256: (value) => `[file:hashes.'SHA-256' = ${quoted(value)}]`,
  sha512: (value) => `[file:hashes.'SHA-512' = ${quoted(value)}]`,
  filename: (value) => `[file:name = ${quoted(value)}]`,
  'filename|md5': (value) => both(value, (name, hash) => `[file:name = ${quoted(name)} AND file:hashes.MD5 = ${quoted(hash)}]`),
  'filename|sha1': (value) => both(value, (name, hash) => `[file:name = ${quoted(name)} AND file:hashes.'SHA-1' = ${quoted(hash)}]`),
  'filename|sha256': (value) => both(value, (name, hash) => `[file:name = ${quoted(name)} AND file:hashes.'SHA-256' = ${quoted(hash)}]`),
  email: (value) => `[email-addr:value = ${quoted(value)}]`,
  'email-src': (value) => `[email-message:from_ref.value = ${quoted(value)}]`,
  'email-subject': (value) => `[email-message:subject = ${quoted(value)}]`,
  mutex: (value) => `[mutex:name = ${quoted(value)}]`,
  AS: (value) => `[autonomous-system:number = ${value.replace(/^AS/i, '')}]`,
  'user-agent': (value) => `[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = ${quoted(value)}]`,
  regkey: (value) => `[windows-registry-key:key = ${quoted(value)}]`,
}

export default defineModule({
  info: {
    name: 'STIX 2.1 indicators export',
    version: '1.0',
    author: 'misp-module-host',
    description: 'A STIX 2.1 bundle with an indicator and its pattern for each attribute that is marked for detection.',
    'module-type': ['export'],
    features:
      'Indicators have the uuid of their attribute, so that an export made again updates what was imported. Comments become descriptions, tags ' +
      'labels. For whole events with all their context use the export that MISP has; this is what a detection tool takes.',
    references: ['https://docs.oasis-open.org/cti/stix/v2.1/stix-v2.1.html'],
    input: `Events with attributes of the types ${Object.keys(PATTERNS).join(', ')}, in objects too.`,
    output: 'A STIX 2.1 bundle.',
  },
  attributes: { responseType: 'application/json', outputFileExtension: 'json' },
  config: { all: 'true: also what is not marked for detection.' },

  handler(query, { config }) {
    const taken = attributesOf(query.data).filter((attribute) => config.all?.trim().toLowerCase() === 'true' || isForDetection(attribute))
    const indicators = taken.map(indicator).filter((each) => each !== undefined)
    const left = [...new Set(taken.filter((attribute) => indicator(attribute) === undefined).map(({ type }) => type))].sort()
    const bundle = { type: 'bundle', id: `bundle--${crypto.randomUUID()}`, objects: indicators }
    return exportAnswer(JSON.stringify(bundle, null, 2), left.length === 0 ? {} : { warnings: [`No pattern was made for attributes of the types ${left.join(', ')}.`] })
  },
})

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

function indicator(attribute: EventAttribute) {
  const { type, value, uuid, comment, event, Tag } = attribute
  const pattern = Object.hasOwn(PATTERNS, type) ? PATTERNS[type]?.(value.trim()) : undefined
  if (pattern === undefined || pattern === '' || (type === 'AS' && !/= \d+\]$/.test(pattern))) return undefined
  const seen = momentOf(attribute).toISOString()
  const labels = (Tag ?? []).map(({ name }) => name).filter((name) => typeof name === 'string')
  return {
    type: 'indicator',
    spec_version: '2.1',
    id: `indicator--${UUID.test(uuid) ? uuid.toLowerCase() : crypto.randomUUID()}`,
    created: seen,
    modified: seen,
    name: `${type}: ${value}`.slice(0, 200),
    description: [event, comment].filter((part) => typeof part === 'string' && part !== '').join(': '),
    indicator_types: ['malicious-activity'],
    pattern,
    pattern_type: 'stix',
    pattern_version: '2.1',
    valid_from: seen,
    ...(labels.length === 0 ? {} : { labels }),
  }
}

/** MISP's timestamp is in seconds, as a text. */
function momentOf(attribute: EventAttribute & { readonly timestamp?: unknown }): Date {
  const seconds = Number(attribute.timestamp)
  return moment(attribute.first_seen) ?? (Number.isFinite(seconds) && seconds > 0 && seconds < 1e11 ? new Date(seconds * 1000) : new Date())
}

function quoted(value: string): string {
  return `'${value.replaceAll('\\', String.raw`\\`).replaceAll("'", String.raw`\'`)}'`
}

function addressType(value: string): string {
  return (addressParts(value.split('/')[0] ?? '')?.length ?? 0) === 4 ? 'ipv4-addr' : 'ipv6-addr'
}

/** A compound value has two parts; without a second there is no pattern. */
function both(value: string, pattern: (first: string, second: string) => string): string {
  const at = value.lastIndexOf('|')
  return at <= 0 || at === value.length - 1 ? '' : pattern(value.slice(0, at), value.slice(at + 1))
}
