import { attribute, type OfflineCase } from './offline_case.ts'

/** One query to a module that asks a provider. */
export interface ProvidedCase extends Omit<OfflineCase, 'body'> {
  /** `port`: of the provider, on the loopback interface. */
  readonly body: (port: number) => object
}

const MD5 = '8ed4b4ed952526d89899e723f3488de4'
const hash = (value: string) => (port: number) => ({ attribute: attribute('md5', value), config: { custom_API: `http://127.0.0.1:${port}` } })

/** Modules whose provider may be one of one's own. */
export const PROVIDED: readonly ProvidedCase[] = [
  { module: 'hashlookup', about: 'a known hash', body: hash(MD5), agreement: 'uuids', holds: 'evil.exe' },
  { module: 'hashlookup', about: 'an unknown hash', body: hash('0'.repeat(32)), agreement: 'same', holds: 'Non existing hash' },
  {
    module: 'passive_ssh', about: 'with a password', agreement: 'uuids', holds: 'SHA256:of-a-key',
    body: (port) => ({ attribute: attribute('ip-src', '198.51.100.7'),
      config: { custom_api_url: `http://127.0.0.1:${port}`, api_user: 'alice', api_key: 'secret' } }),
  },
  // It speaks neither HTTP nor TLS.
  { module: 'whois', about: 'a server', body: (port) => ({ domain: 'example.com', config: { server: '127.0.0.1', port: String(port) } }),
    agreement: 'same', holds: '400 Bad Request' },
]

const FILE = { 'FileName': 'evil.exe', 'FileSize': '1024', 'MD5': MD5.toUpperCase(), 'SHA-1': '00000079FD7AAC9B2F9C988C50750E1F50B27EB5' }
const KEYS = { first_seen: '2026-09-01T00:00:00', keys: [{ fingerprint: 'SHA256:of-a-key' }], hosts: ['198.51.100.7'] }

/** What the provider answers; undefined: nothing is known of it. */
export function provide(path: string, authorization: string | undefined): object | undefined {
  if (path.endsWith(`/lookup/md5/${MD5}`)) return FILE
  if (path.endsWith('/host/ssh/198.51.100.7') && authorization === `Basic ${Buffer.from('alice:secret').toString('base64')}`) return KEYS
  return undefined
}
