import { defineModule, ModuleError, simpleAnswer } from 'misp-module-host/sdk'

/** Endings whose letters are not the country's own code. */
const OTHER_CODES: Readonly<Record<string, string>> = { uk: 'GB', su: 'SU' }

/** Endings of countries that are sold to everybody for what they sound like. */
const SOLD_FOR_THEIR_SOUND = new Set(['ai', 'cc', 'co', 'fm', 'gg', 'io', 'la', 'ly', 'me', 'sh', 'so', 'to', 'tv', 'vc', 'ws'])

export default defineModule({
  info: {
    name: 'Country of a domain',
    version: '1.0',
    author: 'misp-module-host',
    description: 'The country that a domain belongs to by its ending.',
    'module-type': ['expansion', 'hover'],
    features: 'The ending says who runs the registry, not where a server is. Endings that are mostly bought for their sound are pointed out. Nothing is asked over the network.',
    references: ['https://www.iso.org/iso-3166-country-codes.html'],
    input: 'A domain or hostname.',
    output: 'The name of the country and its code, as text.',
  },
  attributes: { input: ['domain', 'hostname'], output: ['text'] },

  handler(_query, { input }) {
    const ending = input.value.trim().replace(/\.$/, '').split('.').at(-1)?.toLowerCase() ?? ''
    const code = OTHER_CODES[ending] ?? ending.toUpperCase()
    const country = /^[A-Z]{2}$/.test(code) ? nameOf(code) : undefined
    if (country === undefined) throw new ModuleError(`".${ending}" is the ending of no country.`)
    return simpleAnswer({
      types: ['text'],
      values: [`${country} (${code})`],
      comment: `Country of .${ending}${SOLD_FOR_THEIR_SOUND.has(ending) ? ', an ending that is sold all over the world' : ''}`,
    })
  },
})

function nameOf(code: string): string | undefined {
  const name = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' }).of(code)
  return name === 'Unknown Region' ? undefined : name
}
