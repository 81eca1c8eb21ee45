import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'vitest'
import { MODULE_TYPES } from '../../../sandboxes/contract.ts'
import { diagnose } from '../../../sandboxes/python/diagnose.ts'
import { tellingLine, troubleOf } from '../../../sandboxes/python/install_failure.ts'
import { moduleNeeds } from '../../../sandboxes/python/module_needs.ts'
import { readPackageTables } from '../../../sandboxes/python/package_tables.ts'
import { parsePipConfig } from '../../../sandboxes/python/pip_settings.ts'
import { canExecute, readable } from '../../../sandboxes/reach.ts'
import { constrainedNames, CONSTRAINTS, installedRequirements } from '../../../sandboxes/python/requirements.ts'
import { systemPackages } from '../../../sandboxes/python/system_packages.ts'
import { testPython } from '../../support/python.ts'
import { temporaryFolder, writeProgram } from './wheels.ts'

const tables = readPackageTables()
const packageDir = execFileSync(testPython(), ['-I', '-c', 'import misp_modules; print(misp_modules.__path__[0])'], { encoding: 'utf8' }).trim()
const options = { tables, python: '/env/bin/python', requirements: installedRequirements(packageDir) }

describe('what mends a module that does not load', () => {
  it('is no package for Python of the name that an npm package has', ({ expect }) => {
    expect(diagnose({ error: 'it imports "yaml", and that package is not installed', missing: 'yaml' }, options)?.command).toContain('pip install')
    expect(diagnose({ error: 'it imports "yaml", and that package is not installed', missing: 'yaml', install: 'npm install yaml' }, options)).toEqual({ what: 'the npm package yaml', command: 'npm install yaml' })
  })

  const cases: readonly [string, string, string][] = [
    ['ImportError: libGL.so.1: cannot open shared object file: No such file or directory', 'the shared library libGL.so.1', 'apt-get install -y libgl1'],
    ['ImportError: libgthread-2.0.so.0: cannot open shared object file: No such file or directory', 'the shared library libgthread-2.0.so.0', 'apt-get install -y libglib2.0-0'],
    ['ImportError: libpoppler-cpp.so.0: cannot open shared object file: No such file or directory', 'the shared library libpoppler-cpp.so.0', 'apt-get install -y libpoppler-cpp-dev'],
    ['ImportError: Unable to find zbar shared library', 'the zbar library', 'apt-get install -y libzbar0'],
    ['ImportError: MagickWand shared library not found.', `ImageMagick's MagickWand library`, 'apt-get install -y imagemagick'],
    ['TesseractNotFoundError: tesseract is not installed or it is not in your PATH.', 'the program tesseract', 'apt-get install -y tesseract-ocr'],
  ]
  for (const [error, what, command] of cases) {
    it(`is the Debian package for "${error.slice(0, 60)}"`, ({ expect }) => {
      expect(diagnose({ error }, options)).toEqual({ what, command })
    })
  }

  it('is the requirement that upstream names, not the name of the import', ({ expect }) => {
    const command = (missing: string) => diagnose({ error: `ModuleNotFoundError: No module named '${missing}'`, missing }, options)?.command
    expect(command('vt')).toBe('/env/bin/python -m pip install vt-py')
    expect(command('yara')).toBe('/env/bin/python -m pip install yara-python==4.5.0')
    expect(command('lief')).toMatch(/^\/env\/bin\/python -m pip install 'lief>=[\d.]+'$/)
    expect(command('pkg_resources')).toBe(`/env/bin/python -m pip install 'setuptools<82'`)
    expect(command('pdftotext')).toBe(
      'apt-get install -y libpoppler-cpp-dev build-essential pkg-config python3-dev && /env/bin/python -m pip install pdftotext',
    )
  })

  it('is only a guess for an import that upstream does not know, and says so', ({ expect }) => {
    const fix = diagnose({ error: `ModuleNotFoundError: No module named 'our_tool.parts'`, missing: 'our_tool.parts' }, options)
    expect(fix).toEqual({
      what: 'a Python package that provides "our_tool" (check that it is our-tool)', command: '/env/bin/python -m pip install our-tool',
    })
  })

  it('is found in what a real dlopen says', ({ expect }) => {
    const { stderr } = spawnSync(testPython(), ['-I', '-c', 'import ctypes; ctypes.CDLL("libnot-there-2.0.so.7")'], { encoding: 'utf8' })
    expect(diagnose({ error: stderr.trim().split('\n').at(-1) ?? '' }, options)).toMatchObject({ what: 'the shared library libnot-there-2.0.so.7' })
  })

  it("is nothing where the fault is the module's own", ({ expect }) => {
    expect(diagnose({ error: 'SyntaxError: invalid syntax' }, options)).toBeUndefined()
    expect(diagnose({ error: 'RuntimeError: introspection() is missing' }, options)).toBeUndefined()
  })
})

describe('the tables', () => {
  it('name only distributions that the constraints know, and modules that upstream has', ({ expect }) => {
    const names = new Set(constrainedNames(CONSTRAINTS))
    expect(Object.values(tables.distributions).filter((name) => !names.has(name))).toEqual([])
    const modules = allModules()
    expect(tables.system.flatMap((row) => row.modules).filter((name) => !modules.includes(name))).toEqual([])
  })

  it('know every package that any of upstream\'s modules imports', async ({ expect }) => {
    const needs = await moduleNeeds(testPython(), packageDir, allModules(), tables)
    const texts = needs.map(({ text }) => text)
    expect(texts).toEqual(expect.arrayContaining(['vt-py', 'pdftotext', 'opencv-python', 'maxminddb']))
    expect(texts.find((text) => text.startsWith('pymisp'))).toMatch(/^pymisp\[.*email.*\]/)
    // Not packages: what a library puts on the path at run time.
    expect(texts).not.toContain('keys')
  })

  it('need little for a small module, and refuse one that is not there by name', async ({ expect }) => {
    const needs = await moduleNeeds(testPython(), packageDir, ['dns', 'countrycode'], tables)
    expect(needs.map(({ name }) => name).sort()).toEqual(['dnspython', 'pymisp', 'requests'])
    await expect(moduleNeeds(testPython(), packageDir, ['dnss'], tables)).rejects.toThrow(/found dnss; there are: .*dns/)
  })
})

describe('what pip and uv say', () => {
  const said: readonly [string, string, string][] = [
    ['disk-full', 'pip', 'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device'],
    ['disk-full', 'uv', 'error: Failed to install: x.whl\n  cause: failed to copy file\n  cause: No space left on device (os error 28)'],
    ['registry-unreachable', 'uv', 'error: Request failed after 3 retries\n  cause: error sending request for url\n  cause: dns error'],
    ['managed-elsewhere', 'pip', 'error: externally-managed-environment\n\n× This environment is externally managed'],
    ['build', 'uv', 'error: Failed to build `pdftotext==4.0.0`\n  pdftotext.cpp:3:10: fatal error: poppler/cpp/poppler-document.h: No such file'],
    ['build', 'pip', 'ERROR: No matching distribution found for lost>=1'],
  ]
  for (const [trouble, tool, output] of said) {
    it(`is told apart: ${trouble} of ${tool}`, ({ expect }) => {
      expect(troubleOf(output)).toBe(trouble)
    })
  }

  it('is cut to the line that tells', ({ expect }) => {
    expect(tellingLine('running build\n  x.cpp:3:10: fatal error: a.h: No such file\ncompilation terminated.\nerror: g++ failed')).toBe(
      'x.cpp:3:10: fatal error: a.h: No such file',
    )
  })

  it('of its settings is read with the precedence of pip', ({ expect }) => {
    const listing = [
      `:env:.index-url='http://127.0.0.1:1/env'`, `global.index-url='http://127.0.0.1:1/file'`, `install.find-links='\\n/a\\n/b'`,
      `global.cert="/it's.pem"`, `download.cert='/other'`,
    ]
    expect(parsePipConfig(listing.join('\n'))).toEqual({ 'index-url': 'http://127.0.0.1:1/env', 'find-links': '/a /b', 'cert': "/it's.pem" })
  })
})

describe('system packages', () => {
  it('are each installed or missing, or unknown outside Debian', async ({ expect }) => {
    const state = await systemPackages(tables, ['libc6', 'no-such-package-anywhere'])
    expect([undefined, { installed: ['libc6'], missing: ['no-such-package-anywhere'], aptLine: 'apt-get install -y no-such-package-anywhere' }])
      .toContainEqual(state)
  })
})

describe('reach of another account', () => {
  const nobody = { uid: 65534, gid: 65534 }

  it('ends at a folder that is closed to it', async ({ expect }) => {
    using folder = temporaryFolder()
    const program = writeProgram(join(folder.path, 'closed', 'program'), '#!/bin/sh\n')
    mkdirSync(join(folder.path, 'open'))
    writeFileSync(join(folder.path, 'open', 'text'), '')
    chmodSync(dirname(program), 0o700)
    expect(await canExecute(nobody, program)).toBe(false)
    expect(await readable(nobody, dirname(program))).toBe(false)
    expect(await readable(nobody, join(folder.path, 'open'))).toBe(true)
    chmodSync(join(folder.path, 'open', 'text'), 0o600)
    expect(await readable(nobody, join(folder.path, 'open'))).toBe(false)
  })

  it('is what a real start shows', async ({ expect }) => {
    using folder = temporaryFolder()
    const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
    const [fine, failing] = [writeProgram(join(folder.path, 'fine'), '#!/bin/sh\n'), writeProgram(join(folder.path, 'failing'), '#!/nowhere\n')]
    expect([await canExecute(own, fine), await canExecute(own, failing)]).toEqual([true, false])
    if (own.uid === 0) expect(await canExecute(nobody, fine)).toBe(true)
  })
})

function allModules(): string[] {
  return MODULE_TYPES.flatMap((type) => readdirSync(join(packageDir, 'modules', type)))
    .filter((name) => name.endsWith('.py') && !name.startsWith('_'))
    .map((name) => name.slice(0, -3))
}
