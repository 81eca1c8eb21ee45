import { resolve } from 'node:path'
import { describe, it } from 'vitest'
import { type Config, SETTINGS } from '../../../host/config/config.ts'
import { ConfigError } from '../../../host/config/config_error.ts'
import { configFrom, placesFor, valuesOf, type Places } from './sources.ts'

const read = (config: Config, section: string, key: string) => (config as unknown as Record<string, Record<string, unknown>>)[section]?.[key]

describe('every setting', () => {
  for (const setting of SETTINGS) {
    const { section, key } = setting
    it(`${section}.${key} is a flag, a variable and a key of the file, in this order of rank`, ({ expect }) => {
      const [value, other] = valuesOf(setting)
      expect(value).toBeDefined()
      expect(other).toBeDefined()
      const [here, there] = [placesFor(setting, value), placesFor(setting, other)]
      const from = (places: Places) => read(configFrom(places), section, key)
      expect(from({})).toEqual(setting.default)
      expect(value).not.toEqual(setting.default)
      expect(from({ args: here.args })).toEqual(value)
      expect(from({ environment: here.environment })).toEqual(value)
      expect(from({ file: here.file })).toEqual(value)
      expect(from({ args: here.args, environment: there.environment, file: there.file })).toEqual(value)
      expect(from({ environment: here.environment, file: there.file })).toEqual(value)
      expect(from({ environment: there.environment, file: here.file })).toEqual(other)
    })
  }

  it('has a flag and a variable of its own', ({ expect }) => {
    expect(new Set(SETTINGS.map(({ flag }) => flag)).size).toBe(SETTINGS.length)
    expect(new Set(SETTINGS.map(({ variable }) => variable)).size).toBe(SETTINGS.length)
  })
})

describe('a configuration', () => {
  it('has less for modules of strangers where it says nothing, also where strict is implied', ({ expect }) => {
    const strict = { timeout: 60, cpuSeconds: 30, memoryMb: 512, outputMb: 8, runners: 32 }
    expect(configFrom({}).limits).toMatchObject({ timeout: 300, memoryMb: 1024, outputMb: 1024 })
    expect(configFrom({ args: ['--profile', 'strict'] }).limits).toMatchObject(strict)
    expect(configFrom({ environment: { MISP_MODULE_HOST_PROFILE: 'strict' } }).limits).toMatchObject(strict)
    const tenants = { acme: {}, globex: {} }
    expect(configFrom({ file: { tenants } }).limits).toMatchObject(strict)
    expect(configFrom({ file: { tenants, limits: { timeout: 300, memoryMb: 64 } } }).limits).toMatchObject({ ...strict, timeout: 300, memoryMb: 64 })
    expect(configFrom({ file: { tenants: { acme: {} } } }).limits.timeout).toBe(300)
  })

  it('cannot be changed, at any depth', ({ expect }) => {
    const config = configFrom({ file: { modules: { dns: { env: { A: 'b' } } } } })
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(frozen))
    expect(frozen(config)).toBe(true)
  })

  it('names the file by flag or variable, the flag first', ({ expect }) => {
    expect(() => configFrom({ environment: { MISP_MODULE_HOST_CONFIG: '/nowhere/c.json' } })).toThrow('expected a readable configuration file, found ENOENT')
    expect(configFrom({ environment: { MISP_MODULE_HOST_CONFIG: '/nowhere/c.json' }, file: { server: { port: 1 } } }).server.port).toBe(1)
  })

  it('takes relative paths of flags and variables from where it was started, and those of the file from the file', ({ expect }) => {
    const fromFile = configFrom({ file: { roots: { custom: 'mine', modules: ['a', '/b'] }, python: { path: 'venv/bin/python' } } })
    expect(fromFile.roots.custom).toMatch(/^\/.*\/mmh-config-\w+\/mine$/)
    expect(fromFile.roots.modules).toEqual([fromFile.roots.custom.replace(/mine$/, 'a'), '/b'])
    expect(fromFile.python.path).toBe(fromFile.roots.custom.replace(/mine$/, 'venv/bin/python'))
    expect(configFrom({ args: ['--custom', 'mine'] }).roots.custom).toBe(resolve('mine'))
    expect(configFrom({ environment: { MISP_MODULE_HOST_MODULES: 'a:/b' } }).roots.modules).toEqual([resolve('a'), '/b'])
  })

  it('has no custom root where that is empty, as upstream', ({ expect }) => {
    expect(configFrom({ args: ['-c', ''] }).roots.custom).toBe('')
    expect(configFrom({ args: ['-c', ''], file: { roots: { custom: '/there' } } }).roots.custom).toBe('')
  })

  it('takes booleans and numbers of variables in the forms that people write', ({ expect }) => {
    const debug = (text: string) => configFrom({ environment: { MISP_MODULE_HOST_DEBUG: text } }).log.debug
    expect(['1', 'true', 'YES', 'on'].map(debug)).toEqual([true, true, true, true])
    expect(['0', 'false', 'No', 'off'].map(debug)).toEqual([false, false, false, false])
    expect(configFrom({ environment: { MISP_MODULE_HOST_PORT: ' +80 ' } }).server.port).toBe(80)
  })
})

describe('a wrong value is refused with where it stands, what was expected and what was found', () => {
  const cases: readonly [Places, RegExp][] = [
    [{ args: ['-p', 'abc'] }, /^--port: .*expected number.*, found "abc" \(port to listen at/],
    [{ args: ['--port', '70000'] }, /^--port: .*<=65535, found 70000/],
    [{ args: ['--port', '0x50'] }, /^--port: .*found "0x50"/],
    [{ environment: { MISP_MODULE_HOST_LIMITS_TIMEOUT: '-1' } }, /^MISP_MODULE_HOST_LIMITS_TIMEOUT: .*>0, found -1/],
    [{ environment: { MISP_MODULE_HOST_DEBUG: 'maybe' } }, /^MISP_MODULE_HOST_DEBUG: .*expected boolean.*found "maybe"/],
    [{ environment: { MISP_MODULE_HOST_LOG_LEVEL: 'loud' } }, /^MISP_MODULE_HOST_LOG_LEVEL: .*"trace"\|"debug".*found "loud"/],
    [{ args: ['--extras', 'most'] }, /^--extras: .*"core"\|"minimal"\|"all", found "most"/],
    [{ file: { server: { port: '6666' } } }, /config\.json: server\.port: .*expected number.*, found "6666"/],
    [{ file: { roots: { modules: 'one' } } }, /config\.json: roots\.modules: .*expected array.*, found "one"/],
    [{ file: { limits: { runners: 1.5 } } }, /config\.json: limits\.runners: .*expected int.*, found 1\.5/],
    [{ file: { server: 6666 } }, /config\.json: expected server to be an object, found a number/],
    [{ file: [] }, /config\.json: expected the whole to be an object, found a list$/],
    [{ file: [{ secrets: 'hunter2' }] }, /config\.json: expected the whole to be an object, found a list$/],
    [{ file: { secrets: 'hunter2' } }, /config\.json: expected secrets to be an object, found a string$/],
    [{ file: '{"server": ' }, /config\.json: expected JSON, found a fault in line 1, column 12: the file ends/],
    [{ file: '{\n  "TOKEN": hunter2secret\n}' }, /config\.json: expected JSON, found a fault in line 2, column 12: expected a value$/],
    [{ file: '\uFEFF{\n"roots": ["x",]}' }, /config\.json: expected JSON, found a fault in line 2, column 15: expected a value$/],
    [{ file: { modules: { dns: { timeout: 'long' } } } }, /config\.json: modules\.dns\.timeout: .*expected number.*, found "long"/],
    [{ file: { modules: { dns: { env: { '1A': 'b' } } } } }, /config\.json: modules\.dns\.env\.1A: /],
    [{ file: { modules: { dns: 10 } } }, /config\.json: expected modules\.dns to be an object, found a number/],
  ]
  for (const [places, said] of cases) {
    it(JSON.stringify(Object.values(places)[0]), ({ expect }) => {
      expect(() => configFrom(places)).toThrow(said)
      expect(() => configFrom(places)).toThrow(ConfigError)
    })
  }
})

describe('an unknown name is refused with the nearest and all that there are', () => {
  const cases: readonly [string, Places, RegExp][] = [
    ['a variable', { environment: { MISP_MODULE_HOST_PROT: '1' } }, /^the environment: unknown key "MISP_MODULE_HOST_PROT"; did you mean "MISP_MODULE_HOST_PORT"\? \(there are: .*MISP_MODULE_HOST_CONFIG\)$/],
    ['a section', { file: { sever: {} } }, /config\.json: unknown key "sever"; did you mean "server"\? \(there are: server, roots, .*, modules, tenants, operator, secrets\)$/],
    ['a key', { file: { server: { prot: 1 } } }, /config\.json: server: unknown key "prot"; did you mean "port"\? \(there are: listen, port, /],
    ['a key of a module', { file: { modules: { 'joe*': { timout: 1 } } } }, /config\.json: modules\.joe\*: unknown key "timout"; did you mean "timeout"\? \(there are: enabled, timeout, cpuSeconds, runners, memoryMb, env, proxy, hosts, networks, ports, methods, headers, processes, warm, own\)$/],
    ['nothing near it', { file: { somethingElse: {} } }, /config\.json: unknown key "somethingElse" \(there are: /],
  ]
  for (const [title, places, said] of cases) {
    it(title, ({ expect }) => expect(() => configFrom(places)).toThrow(said))
  }

  it('a flag, by the command line', ({ expect }) => {
    expect(() => configFrom({ args: ['--log-levl', 'info'] })).toThrow(/unknown option '--log-levl'\n\(Did you mean --log-level\?\)/)
  })
})
