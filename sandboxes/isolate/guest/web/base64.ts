import { DOMException } from './dom_exception.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const VALUES = new Map(Array.from(ALPHABET, (character, value) => [character, value]))

/** Base64 of a text with one character for each byte, as browsers have it. */
export function btoa(text: string): string {
  const latin1 = String(text)
  if (/[^\0-\xff]/.test(latin1)) throw new DOMException('expected characters up to U+00FF, one for each byte', 'InvalidCharacterError')
  let encoded = ''
  for (let at = 0; at < latin1.length; at += 3) {
    const left = latin1.length - at
    const bits = (latin1.charCodeAt(at) << 16) | ((latin1.charCodeAt(at + 1) || 0) << 8) | (latin1.charCodeAt(at + 2) || 0)
    encoded += `${ALPHABET.charAt(bits >> 18)}${ALPHABET.charAt((bits >> 12) & 63)}${left > 1 ? ALPHABET.charAt((bits >> 6) & 63) : '='}${left > 2 ? ALPHABET.charAt(bits & 63) : '='}`
  }
  return encoded
}

/** The bytes of a base64 text as a text; white space is ignored, and `=` at the end may be missing. */
export function atob(text: string): string {
  const stripped = String(text).replace(/[\t\n\f\r ]/g, '')
  const bare = stripped.length % 4 === 0 ? stripped.replace(/={1,2}$/, '') : stripped
  if (bare.length % 4 === 1 || !/^[A-Za-z0-9+/]*$/.test(bare)) throw new DOMException('expected base64', 'InvalidCharacterError')
  let decoded = ''
  for (let at = 0; at < bare.length; at += 4) {
    const [a = 0, b = 0, c, d] = Array.from(bare.slice(at, at + 4), (character) => VALUES.get(character))
    const bits = (a << 18) | (b << 12) | ((c ?? 0) << 6) | (d ?? 0)
    decoded += String.fromCharCode(bits >> 16)
    if (c !== undefined) decoded += String.fromCharCode((bits >> 8) & 255)
    if (d !== undefined) decoded += String.fromCharCode(bits & 255)
  }
  return decoded
}
