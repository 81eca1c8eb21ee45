import { defineModule, ModuleError, simpleAnswer, type SimpleResult } from 'misp-module-host/sdk'

/** What a string of so many hexadecimal digits may be. The first is what it nearly always is. */
const BY_DIGITS: Readonly<Record<number, readonly string[]>> = {
  32: ['MD5', 'NTLM', 'MD4', 'imphash', 'JA3'],
  40: ['SHA-1', 'RIPEMD-160'],
  56: ['SHA-224', 'SHA3-224'],
  62: ['JARM'],
  64: ['SHA-256', 'SHA3-256', 'BLAKE2s', 'BLAKE3'],
  96: ['SHA-384', 'SHA3-384'],
  128: ['SHA-512', 'SHA3-512', 'BLAKE2b', 'Whirlpool'],
}

const BY_FORM: readonly (readonly [RegExp, string])[] = [
  [/^\$2[abxy]?\$\d\d\$[./A-Za-z\d]{53}$/, 'bcrypt (password)'],
  [/^\$argon2(id|i|d)\$/, 'Argon2 (password)'],
  [/^\$y\$/, 'yescrypt (password)'],
  [/^\$(5|6)\$/, 'SHA-crypt (password)'],
  [/^\$1\$/, 'MD5-crypt (password)'],
  [/^\$apr1\$/, 'Apache MD5 (password)'],
  [/^pbkdf2_sha256\$\d+\$/, 'Django PBKDF2 (password)'],
  [/^\*[\dA-F]{40}$/i, 'MySQL 4.1 (password)'],
  [/^T1[\dA-F]{70}$/i, 'TLSH'],
  [/^\d+:[A-Za-z\d+/]+:[A-Za-z\d+/]+$/, 'ssdeep'],
  [/^[tq]\d{2}[di]\d{4}[a-z\d]{2}_[\da-f]{12}_[\da-f]{12}$/, 'JA4'],
]

/** Digits that each type of attribute has. */
const DIGITS_OF_TYPE: Readonly<Record<string, number>> = { md5: 32, sha1: 40, sha224: 56, sha256: 64, sha384: 96, sha512: 128 }

/** Of nothing at all: an empty file, which is on every machine and in many lists of indicators. */
const OF_NOTHING = new Set([
  'd41d8cd98f00b204e9800998ecf8427e',
  '31d6cfe0d16ae931b73c59d7e0c089c0',
  'da39a3ee5e6b4b0d3255bfef95601890afd80709',
  'd14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f',
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
])

export default defineModule({
  info: {
    name: 'Identify a hash',
    version: '1.0',
    author: 'misp-module-host',
    description: 'Says what a hash may be by its form, and warns of hashes that are no indicators.',
    'module-type': ['expansion', 'hover'],
    features:
      'Warns of hashes of nothing (an empty file or password), of values that repeat one digit, and of attributes whose type does not fit ' +
      'their value. Nothing is asked over the network.',
    references: ['https://www.rfc-editor.org/rfc/rfc6234'],
    input: 'A hash: of a file, a password, a client or a server.',
    output: 'What it may be, as text.',
  },
  attributes: { input: ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'text', 'other'], output: ['text'] },

  handler(_query, { input: { type, value } }) {
    const hash = value.trim()
    const kinds = kindsOf(hash)
    if (kinds.length === 0) throw new ModuleError(`"${hash.slice(0, 80)}" has the form of no hash that is known here.`)
    const results: SimpleResult[] = [{ types: ['text'], values: [kinds.join(', ')], comment: 'What it may be, the likeliest first' }]
    const warning = warningFor(hash, type)
    if (warning !== undefined) results.push({ types: ['text'], values: [warning], comment: 'Beware' })
    return simpleAnswer(...results)
  },
})

function kindsOf(hash: string): readonly string[] {
  if (/^[\da-f]+$/i.test(hash)) return BY_DIGITS[hash.length] ?? []
  return BY_FORM.filter(([form]) => form.test(hash)).map(([, kind]) => kind)
}

function warningFor(hash: string, type: string): string | undefined {
  if (OF_NOTHING.has(hash.toLowerCase())) return 'This is the hash of nothing: an empty file or an empty password. It is no indicator.'
  if (/^([\da-f])\1+$/i.test(hash)) return 'This value repeats one digit: it stands for no file.'
  const expected = DIGITS_OF_TYPE[type]
  if (expected !== undefined && hash.length !== expected) return `An attribute of type ${type} has ${expected} digits; this has ${hash.length}.`
  return undefined
}
