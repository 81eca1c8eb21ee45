import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { makeVenv } from '../../sandboxes/python/wheels.ts'
import { keepDescribed } from '../../support/described.ts'
import { shippedModules } from '../../modules/shipped_modules.ts'
import { cli, CLI_MODULES, MAIN, ownEnvironment, stateForTest, type StateForTest } from '../../support/cli.ts'
import { OFFLINE_MODULES } from '../../compat/offline_modules.ts'

let state: StateForTest
/** Options for an environment without misp-modules: only the modules of these tests are described. */
let bare: readonly string[]
beforeAll(async () => {
  state = await stateForTest({ described: true })
  const python = makeVenv(join(state.path, 'bare'), undefined)
  bare = ['--state', join(state.path, 's'), '--python', python, '--modules', CLI_MODULES]
})
afterAll(() => state[Symbol.dispose]())

interface Row {
  readonly name: string
  readonly type: string
  readonly loaded: boolean
  readonly builtin: boolean
  readonly file: string
  readonly reason?: string
  readonly mend?: string
  readonly settings?: readonly string[]
  readonly worksWithout?: { readonly key: boolean; readonly network?: boolean; readonly limit: string }
}

describe('list', () => {
  it('shows upstream\'s modules and ours, and the 61 of upstream that answer without a key and without a network', async ({ expect }) => {
    const { status, out } = await cli(['list', '--json', ...state.args])
    await keepDescribed(state.path)
    const rows = JSON.parse(out) as Row[]
    const all = 208 + shippedModules().length
    expect({ status, modules: rows.length, loaded: rows.filter(({ loaded }) => loaded).length }).toEqual({ status: 0, modules: all, loaded: all })
    const free = rows.filter(({ worksWithout }) => worksWithout?.key && worksWithout.network).map(({ name }) => name)
    expect(free).toHaveLength(61)
    const asked = OFFLINE_MODULES.filter(({ holds }) => !holds.startsWith('Something went wrong')).map(({ module }) => module)
    expect(free.filter((name) => !asked.includes(name))).toEqual([])
    expect(rows.find(({ name }) => name === 'virustotal')).toMatchObject({ type: 'expansion', builtin: true, worksWithout: { key: false, network: false } })
    expect(rows.find(({ name }) => name === 'geoip_city')).toMatchObject({ worksWithout: { key: true, network: true, limit: 'with a database file' } })
    expect(rows.find(({ name }) => name === 'dns')).toMatchObject({ settings: ['nameserver'], worksWithout: { key: true, network: false } })
  }, 120_000)

  it('is a table with a line for each module, why one is not loaded, and what mends it', async ({ expect }) => {
    const { status, out } = await cli(['list', ...bare])
    const lines = out.split('\n')
    expect(status).toBe(0)
    expect(lines[0]).toMatch(/^module +type +loaded +works without +remarks$/)
    expect(lines.find((line) => line.startsWith('with_key '))).toMatch(/^with_key +expansion +yes +network\? +takes api_key, limit; from .*with_key\.py$/)
    expect(lines.find((line) => line.startsWith('gets '))).toMatch(/^gets +expansion +yes +key, network\? +from .*gets\.py$/)
    expect(lines.find((line) => line.startsWith('lacks_package '))).toMatch(/^lacks_package +expansion +no +ModuleNotFoundError: .*; from/)
    expect(out).toContain('9 modules are loaded, 2 are not.')
    expect(out).toMatch(/What mends the others:\n {2}\S+ -m pip install a-package-that-nobody-has\n$/)
  })

  it('of what failed asks again each time, and names file and command', async ({ expect }) => {
    const { out } = await cli(['list', '--failed', '--json', ...bare])
    expect(JSON.parse(out)).toMatchObject([
      { name: 'countrycode', loaded: false, reason: 'RuntimeError: not today', file: join(CLI_MODULES, 'expansion', 'countrycode.py') },
      { name: 'lacks_package', loaded: false, mend: expect.stringContaining('pip install a-package-that-nobody-has') },
    ])
    expect((await cli(['list', '--failed', ...bare])).out).toMatch(/^module +type +file +reason +mend it with\ncountrycode .*\nlacks_package .*\n\n9 modules are loaded, 2 are not\.\nWhat mends the others:\n {2}\S+ -m pip install a-package-that-nobody-has\n$/)
  })

  it('may be read by a program that stops early', ({ expect }) => {
    const { status, stderr } = spawnSync('bash', ['-c', 'set -o pipefail; "$@" | head -1; exit "${PIPESTATUS[0]}"', 'bash', process.execPath, MAIN, 'list', ...state.args],
      { env: ownEnvironment(), encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  }, 60_000)

  it('says so where its output cannot be written', ({ expect }) => {
    const { status, stderr } = spawnSync('sh', ['-c', '"$@" > /dev/full', 'sh', process.execPath, MAIN, 'list', ...bare], { env: ownEnvironment(), encoding: 'utf8' })
    expect(stderr).toContain('the output could not be written: ENOSPC')
    expect(status).toBe(1)
  })
})
