import { createHash } from 'node:crypto'
import { describe, it } from 'vitest'
import { OPERATOR } from '../../../host/config/tenants.ts'
import { KeyRing } from '../../../host/tenants/key_ring.ts'
import { hashOf, newKey } from '../../../host/tenants/keys.ts'
import { whoAsks, type Entrance } from '../../../host/tenants/who_asks.ts'
import { cli } from '../../support/cli.ts'
import { tenantEntry } from '../../support/tenants.ts'

const [acme, acmeNext, globex, operator] = [newKey(), newKey(), newKey(), newKey()]
const ring = new KeyRing({
  tenants: { acme: tenantEntry({ keys: [hashOf(acme), hashOf(acmeNext)] }), globex: tenantEntry({ keys: [hashOf(globex)] }), nobody: tenantEntry({}) },
  operator: { keys: [hashOf(operator)] },
})

describe('a key', () => {
  it('is 256 random bits that fit into an address, and what is kept of it is its SHA-256', ({ expect }) => {
    const keys = Array.from({ length: 1000 }, newKey)
    expect(new Set(keys).size).toBe(1000)
    for (const key of keys) {
      expect(Buffer.from(key, 'base64url').length).toBe(32)
      expect(new URL(`http://acme:${key}@127.0.0.1`).password).toBe(key)
    }
    expect(hashOf(acme)).toBe(`sha256:${createHash('sha256').update(acme).digest('hex')}`)
  })

  it('is made and shown by the command, in a form that the configuration takes', async ({ expect }) => {
    const { out, status } = await cli(['key', 'acme', '--json'])
    const { key, hash } = JSON.parse(out) as { key: string; hash: string }
    expect([status, hash]).toEqual([0, hashOf(key)])
    expect(new KeyRing({ tenants: { acme: tenantEntry({ keys: [hash] }) }, operator: { keys: [] } }).ownerOf(key, 'acme')?.name).toBe('acme')
    const shown = await cli(['key', 'acme'])
    expect(shown.out).toMatch(/^key {3}[\w-]{43}\nhash {2}sha256:[0-9a-f]{64}\n$/)
    expect(shown.out).not.toContain(key)
  })

  it('is shown where it belongs in the configuration, and for nobody who can have no name there', async ({ expect }) => {
    expect((await cli(['key', 'acme'])).err).toContain('{"tenants": {"acme": {"keys": ["sha256:..."]}}}')
    const { err: errors } = await cli(['key', 'operator'])
    expect(errors).toContain('{"operator": {"keys": ["sha256:..."]}}')
    expect(errors).not.toContain('services_url')
    expect(await cli(['key', 'weird name!'])).toMatchObject({ status: 2, out: '', err: expect.stringContaining('found "weird name!"') })
  })

  it('is whose it is, and of nobody else', ({ expect }) => {
    expect([acme, acmeNext, globex, operator].map((key) => ring.ownerOf(key, undefined)?.name)).toEqual(['acme', 'acme', 'globex', OPERATOR])
    expect(ring.ownerOf(acme, 'acme')?.name).toBe('acme')
    expect(['globex', 'nobody', OPERATOR, 'constructor', ''].map((user) => ring.ownerOf(acme, user))).toEqual([undefined, undefined, undefined, undefined, undefined])
    expect([newKey(), '', acme.slice(1), `${acme}A`, hashOf(acme)].map((key) => ring.ownerOf(key, undefined))).toEqual(Array(5).fill(undefined))
  })

  it('that goes to another, or is taken away, ends what was opened with it, and one that stays does not', ({ expect }) => {
    const before = new KeyRing({ tenants: { acme: tenantEntry({ keys: [hashOf(acme), hashOf(acmeNext)] }), globex: tenantEntry({ keys: [hashOf(globex)] }) }, operator: { keys: [hashOf(operator)] } })
    const signals = [acme, acmeNext, globex, operator].map((key) => before.ownerOf(key, undefined)?.revoked)
    const after = before.renewed({ tenants: { acme: tenantEntry({ keys: [hashOf(acmeNext), hashOf(globex)] }) }, operator: { keys: [hashOf(operator)] } })
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, false, true, false])
    expect(after.ownerOf(globex, undefined)).toMatchObject({ name: 'acme', revoked: { aborted: false } })
    // Also after some times it is the same.
    after.renewed({ tenants: {}, operator: { keys: [] } })
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, true, true, true])
  })

  it('of another form is refused, also where its hash is configured: people choose words', ({ expect }) => {
    const weak = new KeyRing({ tenants: { acme: tenantEntry({ keys: [hashOf('password'), hashOf('')] }) }, operator: { keys: [] } })
    expect([weak.ownerOf('password', 'acme'), weak.ownerOf('', 'acme')]).toEqual([undefined, undefined])
  })
})

describe('who asks', () => {
  const everybodys: Entrance = { tenant: undefined, keyless: false }
  const basic = (user: string, key: string) => `Basic ${Buffer.from(`${user}:${key}`).toString('base64')}`
  const asks = (authorization: string | undefined, entrance = everybodys) => {
    const asker = whoAsks(authorization, ring, entrance)
    return asker.refusal === undefined ? asker.name : asker.refusal.code
  }

  it('is who has the key, by Basic with the name or by Bearer', ({ expect }) => {
    expect([asks(basic('acme', acme)), asks(`Bearer ${acme}`), asks(`bearer  ${acme}`), asks(basic('acme', acme).replace('Basic', 'BASIC'))]).toEqual(Array(4).fill('acme'))
    expect([asks(basic(OPERATOR, operator)), asks(`Bearer ${operator}`)]).toEqual([OPERATOR, OPERATOR])
  })

  it('is nobody without a key, with a wrong one, under another name, or in a form that is not known', ({ expect }) => {
    const wrong = [
      undefined, '', 'Basic', 'Bearer', basic('acme', newKey()), basic('globex', acme), basic('acme', ''), basic('', acme), `Bearer ${newKey()}`,
      `Bearer ${acme} ${acme}`, `Digest ${acme}`, acme, basic('acme', hashOf(acme)), `Basic ${Buffer.from(acme).toString('base64')}`, basic('acme', `${acme}:`),
    ]
    for (const each of wrong) expect(asks(each), each).toBe('UNAUTHENTICATED')
  })

  it("needs no key at a tenant's own port that only this machine reaches, else as everywhere", ({ expect }) => {
    const [own, far] = [{ tenant: 'acme', keyless: true }, { tenant: 'acme', keyless: false }]
    expect([asks(undefined, own), asks(basic('acme', acme), own), asks(basic('acme', acme), far)]).toEqual(['acme', 'acme', 'acme'])
    expect(asks(undefined, far)).toBe('UNAUTHENTICATED')
    // A wrong key is not the same as none.
    expect(asks(basic('acme', newKey()), own)).toBe('UNAUTHENTICATED')
    expect([asks(basic('globex', globex), own), asks(`Bearer ${operator}`, own), asks(`Bearer ${globex}`, far)]).toEqual(['FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN'])
    expect(asks(undefined, { tenant: undefined, keyless: true })).toBe('UNAUTHENTICATED')
  })
})
