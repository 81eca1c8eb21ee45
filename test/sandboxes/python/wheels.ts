import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { testPython } from '../../support/python.ts'

/** A folder that goes with the test; others can reach into it, as into a state folder. */
export function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'mmh-python-'))
  chmodSync(path, 0o755)
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

export interface Wheel {
  readonly name: string
  readonly version: string
  readonly requires?: readonly string[]
  readonly files?: Readonly<Record<string, string>>
  readonly scripts?: Readonly<Record<string, string>>
}

export function makeWheels(folder: string, wheels: readonly Wheel[]): string {
  const script = fileURLToPath(new URL('make_wheels.py', import.meta.url))
  execFileSync(testPython(), [script, folder, JSON.stringify(wheels)])
  return folder
}

/** A misp-modules of the pinned version with the needs of the real one in small: one to be always there, three wished for. */
export const MISP_MODULES: Wheel = {
  name: 'misp-modules',
  version: '3.1.0',
  requires: ['always', 'first ; extra == "all"', 'lost (>=1) ; extra == "all"', 'second ; extra == "all"'],
  files: { 'misp_modules/__init__.py': 'import always\n', 'misp_modules/modules/expansion/one.py': 'import first\n' },
}
export const NEEDED: readonly Wheel[] = ['always', 'first', 'second'].map((name) => ({ name, version: '1.0' }))
export const LOST: Wheel = { name: 'lost', version: '1.0' }

/** The real uv, in a wheel small enough to make: a script that starts the one beside the test's interpreter. */
export function uvWheel(): Wheel {
  const uv = join(dirname(testPython()), 'uv')
  return { name: 'uv', version: '0.1', scripts: { uv: `#!/bin/sh\nexec '${uv}' "$@"\n` } }
}

/** A virtual environment without pip, with a misp_modules that says `body` when imported. */
export function makeVenv(folder: string, body: string | undefined): string {
  execFileSync(testPython(), ['-I', '-m', 'venv', '--without-pip', folder])
  const python = join(folder, 'bin', 'python')
  if (body !== undefined) {
    const paths = execFileSync(python, ['-I', '-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'], { encoding: 'utf8' })
    mkdirSync(join(paths.trim(), 'misp_modules'))
    writeFileSync(join(paths.trim(), 'misp_modules', '__init__.py'), body)
  }
  return python
}

/** An executable file. */
export function writeProgram(file: string, text: string): string {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  chmodSync(file, 0o755)
  return file
}

/** A real Python that runs `patch` before the script it is given, to stand for one that is older or lacks something. */
export function patchedPython(file: string, patch: string): string {
  const code = `import sys, runpy; sys.argv = sys.argv[1:]; ${patch}; runpy.run_path(sys.argv[0], run_name="__main__")`
  return writeProgram(file, `#!/bin/sh\nshift\nexec '${testPython()}' -I -c '${code}' "$@"\n`)
}
