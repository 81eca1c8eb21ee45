import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { basic, CLOSED, MADE_WITHIN_MS } from '../../sandboxes/python/install_set_up.ts'
import { patchedPython, temporaryFolder, writeProgram } from '../../sandboxes/python/wheels.ts'
import { cli, type CliOptions } from '../../support/cli.ts'

/** A start on a machine where nothing is set up, in test mode. */
const start = (folder: string, flags: readonly string[], options: CliOptions) =>
  cli(['serve', '-t', '-p', '0', '--state', join(folder, 'state'), '--log-format', 'json', ...flags], options)

/** The three lines that a start ends with which set-up keeps from going on. */
const trouble = (found: string, needed: string, command: string) => new RegExp(`(^|\\n)found: ${found}\\nneeded: ${needed}\\nmend it with: ${command}\\n$`, 'i')

describe('a start on a machine that lacks something says what was found, what is needed and which command mends it', () => {
  const cases: readonly [string, (folder: string) => { flags?: readonly string[]; env: Record<string, string> }, RegExp][] = [
    ['no python3 on PATH', (folder) => ({ env: { PATH: '/nowhere:/at/all', HOME: folder } }),
      trouble('no python3 in any folder of PATH \\(/nowhere:/at/all\\)', 'Python 3\\.10 or newer with the venv module', 'apt-get install -y python3 python3-venv')],
    ['a python3 that is too old', (folder) => {
      patchedPython(join(folder, 'bin', 'python3'), 'sys.version_info = (3, 9, 18, "final", 0)')
      return { env: { PATH: join(folder, 'bin'), HOME: folder } }
    }, trouble('\\S+/bin/python3 is Python 3\\.9\\.18', 'Python 3\\.10 or newer .*', 'apt-get install -y python3 python3-venv')],
    ['a python3 without venv', (folder) => {
      patchedPython(join(folder, 'bin', 'python3'), 'sys.modules["ensurepip"] = None')
      return { env: { PATH: join(folder, 'bin'), HOME: folder } }
    }, trouble('\\S+/bin/python3 \\([\\d.]+\\) has no ensurepip module.*', '.*python3-venv.*', 'apt-get install -y python3-venv')],
    ['--no-install', (folder) => ({ flags: ['--no-install'], env: basic(folder, {}) }),
      trouble('no environment with misp-modules: .*, and --no-install forbids making one', 'an environment with misp-modules\\[all\\]==3\\.1\\.0', 'misp-module-host python install')],
    ['a --python that is not there', (folder) => ({ flags: ['--python', join(folder, 'none')], env: basic(folder, {}) }),
      trouble('there is no file \\S+/none', 'a Python interpreter of version 3\\.10 or newer at \\S+/none', 'misp-module-host serve --python .*')],
    ['a --python that is another program', (folder) => ({ flags: ['--python', writeProgram(join(folder, 'odd'), '#!/bin/sh\necho hello\n')], env: basic(folder, {}) }),
      trouble('\\S+/odd does not answer as Python does \\(exit 0\\): hello', '.*', '.*')],
    ['a state folder that cannot be', (folder) => ({ flags: ['--state', '/etc/passwd/state'], env: basic(folder, {}) }),
      trouble('/etc/passwd/state cannot be written to', 'a state folder .*', 'mkdir -p /etc/passwd/state .*')],
    ['no registry', (folder) => ({ env: basic(folder, { PIP_INDEX_URL: CLOSED, PIP_RETRIES: '0' }) }),
      trouble('the package registry cannot be reached: .*connection refused.*', 'a package index .* or a folder of wheels', 'misp-module-host python install --find-links DIR')],
  ]
  for (const [title, make, said] of cases) {
    it(title, async ({ expect }) => {
      using folder = temporaryFolder()
      const { flags = [], env } = make(folder.path)
      const { status, out, err } = await start(folder.path, flags, { env })
      expect(err).toMatch(said)
      expect({ status, out }).toEqual({ status: 1, out: '' })
    }, MADE_WITHIN_MS)
  }

  it.runIf(process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0)('a full disk', async ({ expect }) => {
    using folder = temporaryFolder()
    const state = join(folder.path, 'state')
    mkdirSync(state)
    const env = basic(folder.path, { PIP_NO_INDEX: '1' })
    const before = ['unshare', '-m', 'sh', '-c', `mount -t tmpfs -o size=8m tmpfs '${state}' && exec "$@"`, 'sh']
    const { status, err } = await start(folder.path, [], { env: { ...env, PATH: `${env['PATH']}:${process.env['PATH']}` }, before })
    expect(err).toMatch(trouble('the disk that holds \\S+ is full', 'about 2 GB for all modules.*', 'df -h \\S+'))
    expect(status).toBe(1)
  }, MADE_WITHIN_MS)
})

it('a start passes over what ranks higher and does not import, and says so', async ({ expect }) => {
  using folder = temporaryFolder()
  const virtual = join(folder.path, 'virtual')
  mkdirSync(join(virtual, 'bin'), { recursive: true })
  symlinkSync('/bin/true', join(virtual, 'bin', 'python'))
  const env = { ...basic(folder.path, {}), VIRTUAL_ENV: virtual }
  const { err } = await start(folder.path, ['--no-install'], { env })
  expect(err).toMatch(/"origin":"virtual-env","python":"\S+\/virtual\/bin\/python","reason":"[^"]*does not answer as Python does/)
  expect(err).toContain('found: no environment with misp-modules: ')
})
