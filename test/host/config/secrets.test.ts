import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { moduleSettings } from '../../../host/config/module_settings.ts'
import { configFrom } from './sources.ts'

const VALUE = 'planted-secret'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'secrets-'))
  chmodSync(folder, 0o755)
  writeFileSync(join(folder, 'key'), `${VALUE}\n`)
  writeFileSync(join(folder, 'lines'), `${VALUE}\n${VALUE}\n`)
  writeFileSync(join(folder, 'empty'), '\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

const header = { host: 'API.example.org', name: 'X-Key', secret: 'example' }

describe('a secret of the operator', () => {
  it('is read from a file or a variable, and becomes a header for one host', ({ expect }) => {
    for (const place of [{ file: join(folder, 'key') }, { env: 'KEPT' }]) {
      const config = configFrom({ environment: { KEPT: VALUE }, file: { secrets: { example: place }, modules: { dns: { headers: [header] } } } })
      expect(moduleSettings(config)('dns').egress.headers).toEqual([{ host: 'api.example.org', name: 'X-Key', value: VALUE }])
      expect(moduleSettings(config)('other').egress.headers).toEqual([])
    }
  })

  const wrong: readonly (readonly [what: string, file: object, said: RegExp])[] = [
    ['that is not there', { secrets: { example: { file: '/nowhere/key' } } }, /secrets\.example: expected a readable file, found ENOENT/],
    ['whose variable is not there', { secrets: { example: { env: 'NOT_THERE' } } }, /secrets\.example: expected the variable NOT_THERE in the environment of the host, found none/],
    ['that nobody has named', { secrets: { exemple: { env: 'KEPT' } }, modules: { dns: { headers: [header] } } }, /modules\.dns\.headers: unknown key "example"; did you mean "exemple"\?/],
    ['that a tenant has and nobody has named', { host: { profile: 'strict' }, tenants: { acme: { modules: { dns: { headers: [header] } } } } }, /tenants\.acme\.modules\.dns\.headers: unknown key "example"/],
    ['that stands in the file itself', { secrets: { example: VALUE } }, /expected \{"file": "\.\.\."\} or \{"env": "\.\.\."\}: where the secret is, not the secret/],
    ['for any host', { secrets: { example: { env: 'KEPT' } }, modules: { dns: { headers: [{ ...header, host: '*.example.org' }] } } }, /expected the name or address of one host/],
    ['in what is no header', { secrets: { example: { env: 'KEPT' } }, modules: { dns: { headers: [{ ...header, name: 'X Key' }] } } }, /expected the name of a header/],
  ]
  for (const [what, file, said] of wrong) {
    it(`${what} is refused, and shown nowhere`, ({ expect }) => {
      const load = () => configFrom({ environment: { KEPT: VALUE }, file })
      expect(load).toThrow(said)
      expect(load).not.toThrow(VALUE)
    })
  }

  it.for(['lines', 'empty'])('of %s cannot stand in a header', (name, { expect }) => {
    const load = () => configFrom({ file: { secrets: { example: { file: join(folder, name) } } } })
    expect(load).toThrow(/secrets\.example: expected a text/)
    expect(load).not.toThrow(VALUE)
  })
})
