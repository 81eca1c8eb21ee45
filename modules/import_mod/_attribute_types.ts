import { addressParts } from '../_ip.ts'

const FORMS: readonly (readonly [RegExp, string])[] = [
  [/^[\da-f]{32}$/i, 'md5'],
  [/^[\da-f]{40}$/i, 'sha1'],
  [/^[\da-f]{64}$/i, 'sha256'],
  [/^[\da-f]{128}$/i, 'sha512'],
  [/^(https?|ftp):\/\/\S+$/i, 'url'],
  [/^[^\s@]+@[^\s@]+\.[a-z]{2,}$/i, 'email'],
  [/^CVE-\d{4}-\d{4,}$/i, 'vulnerability'],
  [/^AS\d{1,10}$/, 'AS'],
]

/** The attribute type that a value has by its form. undefined: none of those that can be told by it. */
export function typeByForm(value: string): string | undefined {
  if (addressParts(value) !== undefined) return 'ip-dst'
  const found = FORMS.find(([form]) => form.test(value))?.[1]
  if (found !== undefined) return found
  return /^(?=.{4,253}$)([a-z\d_]([a-z\d_-]{0,61}[a-z\d])?\.)+(xn--[a-z\d-]+|[a-z]{2,24})$/i.test(value) ? 'domain' : undefined
}

/** Takes away what people put into indicators so that nobody follows them. */
export function refanged(value: string): string {
  return value.trim().replace(/^hxxp/i, 'http').replaceAll(/\[\.\]|\(\.\)|\[dot\]/gi, '.').replaceAll('[:]', ':').replace('[://]', '://').replaceAll(/\[@\]|\[at\]/gi, '@')
}
