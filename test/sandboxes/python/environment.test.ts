import { chmodSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'vitest'
import { findBasePython } from '../../../sandboxes/python/base_python.ts'
import { findPython } from '../../../sandboxes/python/environment.ts'
import { interpreterBehind } from '../../../sandboxes/python/interpreter_behind.ts'
import { probePython, type Probe } from '../../../sandboxes/python/probe.ts'
import { cachedProbe } from '../../../sandboxes/python/probe_cache.ts'
import { testPython } from '../../support/python.ts'
import { makeVenv, patchedPython, temporaryFolder, writeProgram } from './wheels.ts'

describe('which Python', () => {
  it('is the first of --python, VIRTUAL_ENV, misp-modules on PATH and our own', async ({ expect }) => {
    using folder = temporaryFolder()
    const [flag, virtual, behind, own] = ['flag', 'virtual', 'behind', 'own'].map((name) => makeVenv(join(folder.path, name), ''))
    const path = dirname(writeProgram(join(folder.path, 'bin', 'misp-modules'), `#!${behind}\n`))
    const wishes = { flag, virtualEnv: join(folder.path, 'virtual'), path, own }
    const chosen = async (without: readonly (keyof typeof wishes)[]) => {
      const left = Object.fromEntries(Object.entries(wishes).filter(([name]) => !without.includes(name as keyof typeof wishes)))
      return await findPython(left, probePython)
    }
    expect(await chosen([])).toMatchObject({ origin: 'flag', python: flag })
    expect(await chosen(['flag'])).toMatchObject({ origin: 'virtual-env', python: virtual })
    expect(await chosen(['flag', 'virtualEnv'])).toMatchObject({ origin: 'path', python: behind })
    expect(await chosen(['flag', 'virtualEnv', 'path'])).toMatchObject({ origin: 'own', python: own })
    expect(await chosen(['flag', 'virtualEnv', 'path', 'own'])).toBeUndefined()
  })

  it('passes over what has no misp_modules, or a broken one, and says why', async ({ expect }) => {
    using folder = temporaryFolder()
    makeVenv(join(folder.path, 'empty'), undefined)
    const broken = makeVenv(join(folder.path, 'broken'), 'raise RuntimeError("not today")')
    const path = dirname(writeProgram(join(folder.path, 'bin', 'misp-modules'), `#!${broken}\n`))
    const reasons: string[] = []
    const found = await findPython(
      { virtualEnv: join(folder.path, 'empty'), path, own: testPython(), passedOver: (origin, _, reason) => reasons.push(`${origin}: ${reason}`) },
      probePython,
    )
    expect(found?.origin).toBe('own')
    expect(reasons).toEqual([
      `virtual-env: ModuleNotFoundError: No module named 'misp_modules'`,
      'path: RuntimeError: not today',
    ])
  })

  it('serves without misp_modules where --python names one that lacks it', async ({ expect }) => {
    using folder = temporaryFolder()
    const python = makeVenv(join(folder.path, 'bare'), undefined)
    const found = await findPython({ flag: python, own: testPython() }, probePython)
    expect(found).toMatchObject({ origin: 'flag', python })
    expect(found?.mispModules).toBeUndefined()
  })

  it('knows version and folder of the real misp-modules', async ({ expect }) => {
    const found = await findPython({ flag: testPython() }, probePython)
    expect(found?.mispModules?.version).toMatch(/^3\./)
    expect(readdirSync(found?.mispModules?.packageDir ?? '')).toContain('__main__.py')
  })
})

// Only root can make sure of what another account can do.
if (process.getuid?.() === 0) {
  describe('the interpreter that environments are made from', () => {
    it('is one that the account of the runners can execute, where there is one', async ({ expect }) => {
      using folder = temporaryFolder()
      const hidden = join(folder.path, 'hidden')
      patchedPython(join(hidden, 'python3'), `sys._base_executable = "${join(hidden, 'python3')}"`)
      chmodSync(hidden, 0o700)
      const runner = { uid: 65534, gid: 65534 }
      const open = await findBasePython(`${hidden}:${process.env['PATH']}`, runner, probePython)
      expect(open.reachable).toBe(true)
      expect(open.python.startsWith(hidden)).toBe(false)
      expect(await findBasePython(hidden, runner, probePython)).toMatchObject({ reachable: false })
    })
  })
}

describe('the interpreter behind misp-modules', () => {
  it('is read from both forms of script; other programs are passed over', ({ expect }) => {
    using folder = temporaryFolder()
    const bin = (name: string) => join(folder.path, name)
    writeProgram(join(bin('wrapper'), 'misp-modules'), '#!/usr/bin/env bash\nexec something misp-modules "$@"\n')
    writeProgram(join(bin('short'), 'misp-modules'), '#!/opt/one/bin/python3\nimport sys\n')
    writeProgram(join(bin('long'), 'misp-modules'), `#!/bin/sh\n'''exec' "/opt/with space/bin/python3" "$0" "$@"\n' '''\n`)
    writeProgram(join(bin('env'), 'misp-modules'), '#!/usr/bin/env python3.77\n')
    const named = writeProgram(join(bin('env'), 'python3.77'), '')
    const path = ['wrapper', 'none', 'short', 'long', 'env'].map(bin).join(':')
    expect([...interpreterBehind('misp-modules', path)]).toEqual(['/opt/one/bin/python3', '/opt/with space/bin/python3', named])
  })
})

describe('a warm start', () => {
  it('starts no Python as long as interpreter and packages are the same', async ({ expect }) => {
    using folder = temporaryFolder()
    const python = makeVenv(join(folder.path, 'venv'), '')
    const asked: string[] = []
    const probe: Probe = async (path) => (asked.push(path), await probePython(path))
    const warm = () => findPython({ flag: python }, cachedProbe(join(folder.path, 'state', 'environments.json'), probe))
    const first = await warm()
    expect(await warm()).toEqual(first)
    expect(asked).toHaveLength(1)

    const packages = join(dirname(dirname(python)), 'lib', readdirSync(join(folder.path, 'venv', 'lib'))[0] ?? '', 'site-packages')
    mkdirSync(join(packages, 'new-1.0.dist-info'))
    const second = await warm()
    expect(asked).toHaveLength(2)
    expect(second?.distributions).not.toBe(first?.distributions)
  })

  it('asks again where what it remembers is not readable, and when the interpreter is another file', async ({ expect }) => {
    using folder = temporaryFolder()
    const python = writeProgram(join(folder.path, 'python'), `#!/bin/sh\nexec '${testPython()}' "$@"\n`)
    const state = join(folder.path, 'environments.json')
    let asked = 0
    const probe = cachedProbe(state, (path) => (asked++, probePython(path)))
    await probe(python)
    writeFileSync(state, '{"half')
    await probe(python)
    expect(asked).toBe(2)
    utimesSync(python, 1, 1)
    await probe(python)
    await probe(python)
    expect(asked).toBe(3)
  })

  it('sees a changed file of misp_modules in the digest, and no bytecode', async ({ expect }) => {
    using folder = temporaryFolder()
    const python = makeVenv(join(folder.path, 'venv'), '')
    const probed = await probePython(python)
    const digest = async () => (await findPython({ flag: python }, async () => probed))?.distributions
    const before = await digest()
    const packageDir = probed.mispModules?.packageDir ?? ''
    mkdirSync(join(packageDir, '__pycache__'), { recursive: true })
    writeFileSync(join(packageDir, '__pycache__', 'one.pyc'), 'x')
    expect(await digest()).toBe(before)
    writeFileSync(join(packageDir, '__init__.py'), 'print()')
    expect(await digest()).not.toBe(before)
  })
})

describe('a wrong --python', () => {
  const cases: readonly [string, string, (folder: string) => string][] = [
    ['that is not there', 'there is no file', (folder) => join(folder, 'nothing')],
    ['that is a folder', 'is a folder', (folder) => folder],
    ['that is not executable', 'is not executable', (folder) => (writeFileSync(join(folder, 'file'), ''), join(folder, 'file'))],
    ['that is another program', 'does not answer as Python does', () => '/bin/echo'],
    ['that fails to start', 'does not answer as Python does', (folder) => writeProgram(join(folder, 'p'), '#!/nowhere/at/all\n')],
  ]
  for (const [title, said, make] of cases) {
    it(`${title} is refused with what was found`, async ({ expect }) => {
      using folder = temporaryFolder()
      const python = make(folder.path)
      await expect(findPython({ flag: python }, probePython)).rejects.toMatchObject({
        problem: 'wrong-interpreter', found: expect.stringContaining(said), needed: expect.stringContaining(python),
      })
    })
  }

  it('that is too old is refused with its version', async ({ expect }) => {
    using folder = temporaryFolder()
    const old = patchedPython(join(folder.path, 'python3'), 'sys.version_info = (3, 9, 18, "final", 0)')
    const ancient = writeProgram(
      join(folder.path, 'python2'),
      '#!/bin/sh\n[ "$1" = -V ] && { echo Python 2.7.18 >&2; exit; }\necho Unknown option: -I >&2; exit 2\n',
    )
    await expect(findPython({ flag: old }, probePython)).rejects.toMatchObject({ problem: 'python-too-old', found: `${old} is Python 3.9.18` })
    await expect(findPython({ flag: ancient }, probePython)).rejects.toMatchObject({ found: `${ancient} is Python 2.7.18` })
  })
})
