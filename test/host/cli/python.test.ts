import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { basic } from '../../sandboxes/python/install_set_up.ts'
import { LOST, makeVenv, makeWheels, MISP_MODULES, NEEDED, temporaryFolder, uvWheel, type Wheel } from '../../sandboxes/python/wheels.ts'
import { serveWheels } from '../../sandboxes/python/wheel_index.ts'
import { cli, CLI_MODULES, startCli, type CliRun } from '../../support/cli.ts'
import { alive, eventually } from '../../support/processes.ts'

/** A module of misp-modules with the three functions, and an import before them. */
const module = (line: string) => `${line}
def handler(q=False): return {"results": []}
def introspection(): return {"input": ["text"], "output": ["text"]}
def version(): return {"version": "1", "author": "a", "description": "d", "module-type": ["expansion"]}
`
/** The misp-modules of these tests: a module that always loads, and one that needs what not every folder of wheels has. */
const SMALL: Wheel = {
  ...MISP_MODULES,
  files: {
    'misp_modules/__init__.py': '',
    'misp_modules/modules/expansion/plain.py': module('import always'),
    'misp_modules/modules/expansion/wants_lost.py': module('import lost'),
  },
}

describe('an environment made by python install', () => {
  const folder = temporaryFolder()
  const env = basic(folder.path, { PIP_NO_INDEX: '1', PIP_RETRIES: '0' })
  const wheels = join(folder.path, 'wheels')
  const look = ['--state', join(folder.path, 'state')]
  const bare = [...look, '--modules', '']
  const install = (...modules: string[]) => cli(['python', 'install', ...modules, '--find-links', wheels, ...bare], { env })
  let made: CliRun
  beforeAll(async () => {
    makeWheels(wheels, [SMALL, ...NEEDED, uvWheel()])
    made = await install()
  })
  afterAll(() => folder[Symbol.dispose]())

  it('comes with which modules load and what mends the others; progress is on stderr', ({ expect }) => {
    const { status, out, err } = made
    expect(err).toMatch(/^\d+\.\d s making an environment with Python .*\n/)
    expect(err).toContain('without lost>=1: ')
    const lines = out.split('\n')
    expect(lines[0]).toMatch(/^module +type +loads +missing +command$/)
    expect(lines[1]).toMatch(/^plain +expansion +yes$/)
    expect(lines[2]).toMatch(/^wants_lost +expansion +no +the Python package lost +\S+ -m pip install 'lost>=1'$/)
    expect(out).toContain('1 of 2 modules load.\nNot installed: lost>=1 (')
    expect(out).toMatch(/What mends the rest:\n {2}\S+ -m pip install 'lost>=1'\nPython .* \(own\), misp-modules 3\.1\.0\n$/)
    expect(status).toBe(0)
  })

  it('is told of again by python list, with custom modules', async ({ expect }) => {
    const { out, status } = await cli(['python', 'list', ...bare], { env })
    expect({ out, status }).toEqual({ out: made.out, status: 0 })
    const custom = await cli(['python', 'list', '--modules', CLI_MODULES, ...look], { env })
    expect(custom.out).toMatch(/^lacks_package +expansion +no +a Python package that provides "a_package_that_nobody_has" \(check that it is a-package-that-nobody-has\) /m)
  })

  it('gives way to one that ranks higher, which is said', async ({ expect }) => {
    const virtual = join(folder.path, 'virtual')
    makeVenv(virtual, '')
    const { err } = await cli(['python', 'install', '--find-links', wheels, ...look], { env: { ...env, VIRTUAL_ENV: virtual } })
    expect(err).toContain(`serving uses ${virtual}/bin/python (virtual-env), which comes before our own environment\n`)
  })

  it('gets what one module needs, with status 1 as long as that cannot be had', async ({ expect }) => {
    const without = await install('wants_lost')
    expect({ status: without.status, out: without.out }).toMatchObject({ status: 1, out: expect.stringContaining('1 of 2 modules load.') })
    makeWheels(wheels, [LOST])
    const mended = await install('wants_lost')
    expect({ status: mended.status, out: mended.out }).toMatchObject({ status: 0, out: expect.stringContaining('2 of 2 modules load.\nPython') })
    expect(readdirSync(join(folder.path, 'state', 'python'))).toHaveLength(1)
  })

  it('is not changed for a module that there is not: the nearest is named, with status 2', async ({ expect }) => {
    const { status, err } = await install('wants_lots', 'plain')
    expect(err).toContain('expected modules of misp-modules, found "wants_lots"; did you mean "wants_lost"? (there are: plain, wants_lost)\n')
    expect(status).toBe(2)
  })
})

describe('python install', () => {
  it('ends at Ctrl-C, leaves nothing running, and is gone on with at the next start of the server', async ({ expect }) => {
    using folder = temporaryFolder()
    const wheels = makeWheels(join(folder.path, 'wheels'), [SMALL, ...NEEDED, LOST, uvWheel()])
    await using index = await serveWheels(wheels)
    index.stuck.add('second-1.0-py3-none-any.whl')
    const env = basic(folder.path, { PIP_INDEX_URL: index.url, PIP_TRUSTED_HOST: '127.0.0.1' })
    const state = join(folder.path, 'state')
    const running = startCli(['python', 'install', '--state', state], { env })
    await eventually(() => expect(index.asked).toContain('second-1.0-py3-none-any.whl'), 60_000)
    const lock = readdirSync(join(state, 'python')).find((name) => name.endsWith('.lock')) ?? ''
    const { child } = JSON.parse(readFileSync(join(state, 'python', lock), 'utf8')) as { child: { pid: number } }
    running.kill('SIGINT')
    expect(await running.ended).toMatchObject({ status: 130, err: expect.stringMatching(/\ninterrupted by SIGINT\n$/) })
    await eventually(() => expect(alive(child.pid)).toBe(false))
    expect(readdirSync(join(state, 'python')).filter((name) => name.endsWith('.lock'))).toEqual([])
    expect((await cli(['python', 'list', '--state', state], { env })).err).toContain('found: no environment with misp-modules')

    index.stuck.clear()
    const started = await cli(['serve', '-t', '-p', '0', '--state', state, '--log-format', 'json'], { env })
    expect(started.err).toContain('going on with an interrupted install')
    expect(started.err).toContain('started in test mode')
    expect(started.status).toBe(0)
  }, 180_000)
})
