/**
 * Names of hosts with other letters than ASCII, as URLs have them. It stands in for the package tr46, whose tables are larger than all
 * of the guest's code: the engine knows Unicode as well. What is left out are the rules about the direction of writing and a handful of
 * letters (small Cherokee ones, for instance); the host reads every URL again before anything is requested.
 */
import punycode from 'punycode/punycode.js'

/** The ASCII form of a name, null where it has none. A name that is ASCII already is not looked into, as in Node. */
export function toASCII(domain: string): string | null {
  if (isAscii(domain)) return domain.toLowerCase()
  if (WITH_A_DOT.test(domain)) return null
  const labels = mapped(domain).split('.')
  const ascii = labels.map((label) => {
    if (label.startsWith('xn--')) return isEncoded(label) ? label : null
    if (isAscii(label)) return label
    return isValid(label) ? `xn--${punycode.encode(label)}` : null
  })
  return ascii.includes(null) ? null : ascii.join('.')
}

/** Characters that would become others and a dot. */
const WITH_A_DOT = /[\u2024-\u2026\u2488-\u249b\u{1f100}]/u

/** Characters that are written and mean nothing. */
const IGNORED = /[\u00ad\u200b\u2060\u2064\ufeff]|\u034f|\p{Variation_Selector}/gu

/** Lower case letter by letter: in a whole word the last sigma would become another. */
function mapped(text: string): string {
  const lower = (each: string) => Array.from(each, (character) => character.toLowerCase()).join('')
  return lower(text.replace(IGNORED, '').normalize('NFKC')).normalize('NFKC').replaceAll('\u3002', '.')
}

function isEncoded(label: string): boolean {
  try {
    const decoded = punycode.decode(label.slice(4))
    return decoded !== '' && !isAscii(decoded) && mapped(decoded) === decoded && isValid(decoded)
  } catch {
    return false
  }
}

/** No mark at the beginning, nothing unassigned, private, invisible or for layout; joiners only after a mark, which they belong to. */
function isValid(label: string): boolean {
  return !/^\p{M}|[\p{C}\p{Z}\u2ff0-\u2fff\ufffd]/u.test(label.replace(/(?<=\p{M})[\u200c\u200d]/gu, ''))
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text)
}
