import { describe, it } from 'vitest'
import { ConfigError } from '../../../host/config/config_error.ts'
import { hashOf, newKey } from '../../../host/tenants/keys.ts'
import { needStrict } from '../../../host/tenants/need_strict.ts'
import { tenantConfig } from '../../../host/tenants/tenant_config.ts'
import { operatorRoots } from '../../../host/offer.ts'
import { moduleSettings } from '../../../host/config/module_settings.ts'
import { configFrom } from '../config/sources.ts'

const HASH = hashOf(newKey())
const tenants = (acme: object, more: object = {}) => ({ tenants: { acme }, ...more })

describe('tenants in the file', () => {
  it('are complete, with roots from the folder of the file', ({ expect }) => {
    const config = configFrom({ file: tenants({ keys: [HASH], roots: ['mine', '/srv/acme'], listen: { port: 6701 } }, { operator: { keys: [hashOf(newKey())] } }) })
    expect(config.tenants['acme']).toMatchObject({
      keys: [HASH], roots: [expect.stringMatching(/^\/.*\/mmh-config-\w+\/mine$/), '/srv/acme'], shared: [], modules: {}, concurrency: 32,
      listen: { port: 6701, address: '127.0.0.1' },
    })
    expect(config.operator.keys.length).toBe(1)
    expect(Object.isFrozen(config.tenants['acme']?.roots)).toBe(true)
    expect(configFrom({}).tenants).toEqual({})
  })

  const refused: readonly [string, object, RegExp][] = [
    ['a key of a tenant', tenants({ kyes: [HASH] }), /tenants\.acme: unknown key "kyes"; did you mean "keys"\? \(there are: keys, roots, shared, /],
    ['a key of its modules', tenants({ modules: { dns: { timout: 1 } } }), /tenants\.acme\.modules\.dns: unknown key "timout"; did you mean "timeout"/],
    ['a key of its limits', tenants({ limits: { timout: 1 } }), /tenants\.acme\.limits: .*timout/],
    ['a limit', tenants({ limits: { memoryMb: 1 } }), /tenants\.acme\.limits\.memoryMb: .*>=16, found 1/],
    ['no object', tenants([]), /expected tenants\.acme to be an object, found a list/],
    ['a port', tenants({ listen: { port: 70_000 } }), /tenants\.acme\.listen\.port: .*<=65535, found 70000/],
    ['two places', tenants({ listen: { port: 1, socket: 'a' } }), /tenants\.acme\.listen: expected either a port or a socket, found \{"port":1,"socket":"a"\}/],
    ['no place', tenants({ listen: {} }), /tenants\.acme\.listen: expected either a port or a socket/],
    ['a name', { tenants: { 'Acme Inc': {} } }, /tenants\.Acme Inc: expected the name of a tenant: a-z, .*found "Acme Inc"/],
    ['a name in the prototype', '{"tenants": {"__proto__": {"keys": []}}}' as unknown as object, /tenants\.__proto__: expected the name of a tenant/],
    ['the name of the operator', { tenants: { operator: {} } }, /tenants\.operator: expected another name than operator and local/],
    ['the name of a host without tenants', { tenants: { local: {} } }, /expected another name than operator and local/],
    ['the same key twice', { tenants: { acme: { keys: [HASH] }, globex: { keys: [HASH] } } }, /expected each key to be there once, found the same one at acme and globex/],
    ["the operator's key at a tenant", tenants({ keys: [HASH] }, { operator: { keys: [HASH] } }), /found the same one at acme and operator/],
    ['roots that two have', { tenants: { acme: { roots: ['/srv/a'] }, globex: { roots: ['/srv/a/'] } } }, /expected the roots of tenants to be apart, found \/srv\/a of acme and \/srv\/a of globex/],
    ['a root in that of another', { tenants: { acme: { roots: ['/srv/a'] }, globex: { roots: ['/srv/a/b'] } } }, /to be apart, found \/srv\/a of acme and \/srv\/a\/b of globex/],
    ['modules for all', tenants({}, { modules: { dns: { timeout: 1 } } }), /expected no modules beside tenants, found dns: .* tenants\.<name>\.modules/],
    ['an operator without tenants', { operator: { keys: [HASH] } }, /expected tenants beside operator\.keys, found none/],
  ]
  for (const [what, file, said] of refused) {
    it(`are refused for ${what}, with what was expected and found`, ({ expect }) => {
      expect(() => configFrom({ file })).toThrow(said)
      expect(() => configFrom({ file })).toThrow(ConfigError)
    })
  }

  it('are refused without showing what may be a secret: a key where its hash belongs, and env', ({ expect }) => {
    const marker = newKey()
    for (const file of [
      tenants({ keys: [marker] }), tenants({ keys: marker }), tenants({}, { operator: { keys: [marker] } }), tenants({}, { operator: { keys: marker } }),
      tenants({ modules: { dns: { env: { '1-TOKEN': marker } } } }), tenants({ modules: { dns: { env: { TOKEN: [marker] } } } }), { modules: { dns: { env: marker } } },
    ]) {
      expect(() => configFrom({ file })).toThrow(ConfigError)
      expect(() => configFrom({ file })).toThrow(/(keys|env)/)
      expect(() => configFrom({ file })).not.toThrow(marker)
    }
  })

  it('may have roots beside each other whose names begin alike', ({ expect }) => {
    expect(() => configFrom({ file: { tenants: { acme: { roots: ['/srv/a', '/srv/a/modules'] }, globex: { roots: ['/srv/a2'] } } } })).not.toThrow()
  })
})

describe('the configuration of one tenant', () => {
  const config = configFrom({
    file: {
      limits: { timeout: 100, memoryMb: 512 }, queue: { queries: 50 }, roots: { modules: ['/usr'], custom: '/etc' },
      tenants: { acme: { roots: ['/tmp'], shared: ['dns*'], limits: { timeout: 7 }, modules: { dns: { env: { KEY: 'of acme' } } } }, globex: { modules: { dns: { env: { KEY: 'of globex' } } } } },
    },
  })
  const acme = tenantConfig(config, 'acme', config.tenants['acme']!)

  it('has its own limits over those of all, and what its modules get is its own', ({ expect }) => {
    expect(acme.limits).toMatchObject({ timeout: 7, memoryMb: 512 })
    expect(acme.queue).toEqual({ queries: 50, bodiesMb: 1024 })
    expect(moduleSettings(acme)('dns').env).toEqual({ KEY: 'of acme' })
  })

  it('has nothing of other tenants, and no keys', ({ expect }) => {
    expect(JSON.stringify(acme)).not.toContain('globex')
    expect([acme.tenants, acme.operator.keys]).toEqual([{}, []])
  })

  it("has of the operator's roots what is shared with it, with less right to a name than its own", ({ expect }) => {
    const roots = operatorRoots(acme)
    expect(roots.map(({ path }) => path)).toEqual(['/etc', '/usr', '/tmp'])
    expect(roots.map(({ only }) => ['dns', 'dns_records', 'other'].filter((name) => only?.(name) ?? true))).toEqual([
      ['dns', 'dns_records'], ['dns', 'dns_records'], ['dns', 'dns_records', 'other'],
    ])
    expect(operatorRoots(tenantConfig(config, 'globex', config.tenants['globex']!))).toEqual([])
  })
})

describe('who may be served together', () => {
  const config = (names: readonly string[], profile: string | undefined) => configFrom({ file: { host: { profile }, tenants: Object.fromEntries(names.map((name) => [name, {}])) } })

  it('is anybody under strict, and at most one tenant elsewhere', ({ expect }) => {
    for (const names of [[], ['acme']]) for (const profile of ['trusted', 'strict'] as const) expect(() => needStrict(config(names, profile))).not.toThrow()
    expect(() => needStrict(config(['acme', 'globex'], undefined))).not.toThrow()
    expect(() => needStrict(config(['acme', 'globex'], 'strict'))).not.toThrow()
    expect(() => needStrict(config(['acme', 'globex'], 'trusted'))).toThrow(ConfigError)
    expect(() => needStrict(config(['acme', 'globex'], 'trusted'))).toThrow(/expected the profile strict for 2 tenants \(acme, globex\), found trusted/)
  })

  it('is what the profile goes by, unless somebody says which', ({ expect }) => {
    const profileOf = (...[names, profile]: Parameters<typeof config>) => config(names, profile).host.profile
    expect([[], ['acme'], ['acme', 'globex'], ['acme', 'globex', 'initech']].map((names) => profileOf(names, undefined))).toEqual(['trusted', 'trusted', 'strict', 'strict'])
    expect([profileOf(['acme'], 'strict'), profileOf(['acme', 'globex'], 'trusted')]).toEqual(['strict', 'trusted'])
  })
})
