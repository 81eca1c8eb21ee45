import { describe, it } from 'vitest'
import { moduleSettings } from '../../../host/config/module_settings.ts'
import { tenantConfig } from '../../../host/tenants/tenant_config.ts'
import type { ModuleSettings } from '../../../sandboxes/contract.ts'
import { ANY_PUBLIC } from '../../../sandboxes/egress/grant.ts'
import { configFrom } from './sources.ts'

/** Settings under a file with these entries of modules. */
const settingsWith = (modules: object, more: object = {}) => moduleSettings(configFrom({ file: { ...more, modules } }))

describe('what holds for a module', () => {
  it('are the general limits where nothing is said of it', ({ expect }) => {
    const settings = settingsWith({ other: { timeout: 1 } }, { limits: { timeout: 60, memoryMb: 128, outputMb: 2, logKb: 3, logLines: 4, runners: 5 } })
    expect(settings('dns')).toEqual({
      enabled: true, timeout: 60, env: {}, limits: { runners: 5, memoryMb: 128, outputBytes: 2 << 20, logBytes: 3 << 10, logLines: 4 }, egress: ANY_PUBLIC, processes: false, warm: false,
    })
  })

  it('is said by its name, or by a pattern: * is any text, ? one character, all else itself', ({ expect }) => {
    const settings = settingsWith({ 'joe*': { timeout: 1 }, 'v?': { timeout: 2 }, 'a.b': { timeout: 3 }, 'x[1]*': { timeout: 4 } })
    const timeouts = ['joe', 'joesandbox_query', 'ajoe', 'vt', 'v', 'vtt', 'a.b', 'axb', 'x[1]', 'x1'].map((name) => settings(name).timeout)
    expect(timeouts).toEqual([1, 1, 300, 2, 300, 300, 3, 300, 4, 300])
  })

  it('is the later entry where several fit, key by key', ({ expect }) => {
    const settings = settingsWith({ '*': { timeout: 10, runners: 3, env: { A: '1', B: '1' } }, 'dns*': { timeout: 20, env: { B: '2' } }, 'dns': { memoryMb: 64, enabled: false } })
    expect(settings('dns')).toMatchObject({ timeout: 20, enabled: false, env: { A: '1', B: '2' }, limits: { runners: 3, memoryMb: 64 } })
    expect(settings('dns_query')).toMatchObject({ timeout: 20, enabled: true, limits: { memoryMb: 1024 } })
    expect(settings('whois')).toMatchObject({ timeout: 10, env: { A: '1', B: '1' } })
  })

  it('has its proxy in every variable that libraries read, an empty one included; its own variables win', ({ expect }) => {
    const settings = settingsWith({ one: { proxy: 'http://proxy:3128' }, none: { proxy: '' }, own: { proxy: 'http://proxy:3128', env: { https_proxy: 'http://other' } } })
    expect(settings('one').env).toEqual({ http_proxy: 'http://proxy:3128', https_proxy: 'http://proxy:3128', HTTP_PROXY: 'http://proxy:3128', HTTPS_PROXY: 'http://proxy:3128' })
    expect(settings('none').env).toEqual({ http_proxy: '', https_proxy: '', HTTP_PROXY: '', HTTPS_PROXY: '' })
    expect(settings('own').env).toMatchObject({ http_proxy: 'http://proxy:3128', https_proxy: 'http://other' })
  })

  it('may reach what is said of it: hosts, networks, time and size', ({ expect }) => {
    const settings = settingsWith({ 'd*': { hosts: ['*.example.org'] }, 'dns': { networks: ['10.0.0.0/8'], ports: [443] }, 'none': { hosts: [] } },
      { egress: { connectSeconds: 0.5, requestSeconds: 2, responseMb: 1, caFile: '/ca.pem' } })
    expect(settings('dns').egress).toEqual({
      hosts: ['*.example.org'], networks: ['10.0.0.0/8'], ports: [443], methods: undefined, headers: [], proxy: undefined, caFile: '/ca.pem', connectMs: 500, requestMs: 2000, responseBytes: 1 << 20,
    })
    expect(settings('none').egress.hosts).toEqual([])
    expect(settings('whois').egress).toMatchObject({ hosts: undefined, networks: [] })
  })

  it('may start processes and remember where that is said of it, and nowhere else', ({ expect }) => {
    const settings = settingsWith({ 'ocr*': { processes: true }, 'ocr_enrich': { warm: true }, 'ocr_not': { processes: false } })
    const grants = ['ocr', 'ocr_enrich', 'ocr_not', 'dns'].map((name) => [settings(name).processes, settings(name).warm])
    expect(grants).toEqual([[true, false], [true, true], [false, false], [false, false]])
  })

  it('goes through its own proxy, else the general one, else those of the environment; an empty one is none', ({ expect }) => {
    const environment = { http_proxy: 'http://web:1', ALL_PROXY: 'http://all:1', NO_PROXY: 'localhost, .example.org' }
    const except = ['localhost', '.example.org']
    const proxyOf = (module: string, file: object) => moduleSettings(configFrom({ environment, file }))(module).egress.proxy
    expect(proxyOf('dns', {})).toEqual({ http: 'http://web:1', https: 'http://all:1', except })
    expect(proxyOf('dns', { egress: { proxy: 'http://one:1' } })).toEqual({ http: 'http://one:1', https: 'http://one:1', except })
    expect(proxyOf('dns', { egress: { proxy: 'http://one:1' }, modules: { dns: { proxy: 'http://own:1' } } })).toEqual({ http: 'http://own:1', https: 'http://own:1', except })
    expect(proxyOf('dns', { egress: { proxy: '' } })).toBeUndefined()
    expect(proxyOf('dns', { modules: { dns: { proxy: '' } } })).toBeUndefined()
    expect(settingsWith({})('dns').egress.proxy).toBeUndefined()
    expect(settingsWith({}, { egress: { proxy: 'http://one:1' } })('dns').env).toMatchObject({ https_proxy: 'http://one:1' })
  })

  it.for([
    [{ hosts: ['https://example.org'] }, 'expected names of hosts'],
    [{ networks: ['10.0.0.0/33'] }, 'expected networks such as'],
    [{ methods: ['get'] }, 'expected methods of HTTP such as'],
    [{ ports: [0] }, 'to be >=1'],
    [{ hosts: 'example.org' }, 'expected array'],
  ] as const)('cannot be %o', ([entry, message], { expect }) => {
    expect(() => settingsWith({ dns: entry })).toThrow(message)
  })

  it('is the same object for each query, and cannot be changed', ({ expect }) => {
    const settings = settingsWith({ dns: { timeout: 1 } })
    expect(settings('dns')).toBe(settings('dns'))
    expect(settings('whois')).toBe(settings('rdap'))
    expect([settings('dns'), settings('dns').env, settings('dns').limits].every(Object.isFrozen)).toBe(true)
  })
})

describe("what an entry of a tenant grants to a file of the tenant's own", () => {
  const GRANT = { env: { KEY: 'secret' }, hosts: ['api.example.org'], networks: ['10.0.0.0/8'], headers: [], proxy: 'http://proxy:3128', processes: true, warm: true, timeout: 7 }
  const settingsFor = (shared: readonly string[], modules: object) => {
    const config = configFrom({ file: { tenants: { acme: { shared, modules } } } })
    return moduleSettings(tenantConfig(config, 'acme', config.tenants['acme']!))
  }
  const isGranted = ({ env, egress, processes, warm }: ModuleSettings) => [env['KEY'], env['http_proxy'], egress.hosts?.[0], egress.networks[0], processes, warm].map((value) => value !== undefined && value !== false)
  const ALL = [true, true, true, true, true, true]
  const NONE = ALL.map(() => false)

  it.for([
    ['has the name of a shared one', ['dns', 'hash_identify'], 'hash_identify', 'hash_identify'],
    ['has a name that is shared by a pattern', ['hash_*'], 'hash_identify', 'hash_identify'],
    ['fits a pattern that a shared one fits as well', ['joesandbox_query'], 'joe*', 'joe_evil'],
    ['fits a pattern that may fit what is shared by another', ['*_query'], 'joe*', 'joe_evil'],
    ['has some name where everything is shared', ['*'], 'own_lookup', 'own_lookup'],
  ] as const)('that %s is its limits alone, and it is for the shared one', ([, shared, pattern, name], { expect }) => {
    const settings = settingsFor(shared, { [pattern]: GRANT })
    expect(isGranted(settings(name, true))).toEqual(NONE)
    expect(settings(name, true).timeout).toBe(7)
    expect(isGranted(settings(name))).toEqual(ALL)
  })

  it.for([
    ['nothing is shared', [], 'dns'],
    ['what is shared has other names', ['dns', '*_export', 'd??s'], 'acme_lookup'],
    ['the entry is about all', ['dns'], '*'],
  ] as const)('is all of it where %s', ([, shared, pattern], { expect }) => {
    expect(isGranted(settingsFor(shared, { [pattern]: GRANT })(pattern === '*' ? 'acme_lookup' : pattern, true))).toEqual(ALL)
  })

  it('is all of it, and nothing to a shared one, where the entry says that it is for its own', ({ expect }) => {
    const settings = settingsFor(['*'], { own_lookup: { ...GRANT, own: true } })
    expect(isGranted(settings('own_lookup', true))).toEqual(ALL)
    expect([isGranted(settings('own_lookup')), settings('own_lookup').timeout]).toEqual([NONE, 300])
  })
})
