import { createHash } from 'node:crypto'
import { afterAll, describe, it } from 'vitest'
import { partsFor } from '../../../sandboxes/isolate/late_parts.ts'
import { Border } from '../../support/border.ts'
import { testIsolates } from '../../support/isolates.ts'
import { moduleRoot, releaseRoots } from '../../support/module_root.ts'

const runtime = await testIsolates()
afterAll(releaseRoots)

/** What takes long to evaluate needs these, and to use it needs none of them. */
const TAMPERED = `
const refuse = function () { throw new Error('tampered with') }
for (const name of ['BigInt', 'Symbol', 'Map', 'Set', 'WeakMap', 'Uint32Array', 'BigUint64Array', 'TextEncoder', 'TextDecoder']) globalThis[name] = refuse
for (const name of Object.getOwnPropertyNames(Reflect)) Reflect[name] = refuse
Function.prototype.bind = refuse
for (const name of ['value', 'writable']) Object.defineProperty(Object.prototype, name, { value: refuse, writable: true, configurable: true })
`
const USES = `async () => {
  const digests = []
  for (const name of ['SHA-1', 'SHA-256', 'SHA-512']) {
    let hex = ''
    const bytes = new Uint8Array(await crypto.subtle.digest(name, new Uint8Array([1, 2, 3])))
    for (let at = 0; at < bytes.length; at += 1) hex += (bytes[at] < 16 ? '0' : '') + bytes[at].toString(16)
    digests[digests.length] = hex
  }
  const url = new URL('http://a.example/b/../c?d=e#f')
  return { results: { digests, href: url.href, value: new URLSearchParams('a=b').get('a'), uuid: crypto.randomUUID().length } }
}`

/** The same, of which the text says nothing. */
const HIDDEN = `() => (0, eval)(atob('${btoa(`(${USES})()`)}'))`

describe('what is evaluated late in an isolate', () => {
  it('is evaluated before code of a module that mentions it, which finds it whole whatever it has done to prototypes and globals', async ({ expect }) => {
    await using border = open({ tampers: module(USES, TAMPERED) })
    const { code, body, message } = await border.ask('tampers')
    expect(code, message).toBe('success')
    expect(JSON.parse(body)).toEqual({ results: EXPECTED })
  })

  it('is there for a module that comes by it in another way', async ({ expect }) => {
    expect(partsFor(HIDDEN)).toEqual([])
    await using border = open({ hides: module(HIDDEN) })
    const { code, body, message } = await border.ask('hides')
    expect(code, message).toBe('success')
    expect(JSON.parse(body)).toEqual({ results: EXPECTED })
  })

  it('gives a module that has tampered before it came by it nothing but what it does to itself', async ({ expect }) => {
    await using border = open({ breaks: module(HIDDEN, TAMPERED), well: module(USES) })
    expect((await border.ask('breaks')).code).toBe('MODULE_THREW')
    expect(JSON.parse((await border.ask('well')).body)).toEqual({ results: EXPECTED })
  })
})

const hash = (name: string): string => createHash(name).update(Uint8Array.of(1, 2, 3)).digest('hex')
const EXPECTED = { digests: ['sha1', 'sha256', 'sha512'].map(hash), href: 'http://a.example/c?d=e#f', value: 'b', uuid: 36 }

function module(handler: string, before = ''): string {
  return `${before}\nexport const introspection = () => ({ input: ['text'] })\nexport const version = () => ({ version: '1' })\nexport const handler = ${handler}\n`
}

function open(modules: Readonly<Record<string, string>>): Border {
  const root = moduleRoot(Object.fromEntries(Object.entries(modules).map(([name, text]) => [`expansion/${name}.js`, text])))
  return new Border({ root, runtime, ending: '.js' })
}
