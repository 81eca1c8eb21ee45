import { spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, it } from 'vitest'
import { installOwn } from '../../../sandboxes/python/install.ts'
import { preparePython } from '../../../sandboxes/python/prepare.ts'
import { basic, CLOSED, COMPLETE, MADE_WITHIN_MS, plain, setUp, startInstall } from './install_set_up.ts'
import { MISP_MODULES, patchedPython, temporaryFolder } from './wheels.ts'

describe('an install that cannot be', { timeout: MADE_WITHIN_MS }, () => {
  it('names the registry that cannot be reached', async ({ expect }) => {
    using folder = temporaryFolder()
    const environment = basic(folder.path, { PIP_INDEX_URL: CLOSED, PIP_RETRIES: '0' })
    await expect(installOwn(plain(join(folder.path, 'state'), environment))).rejects.toMatchObject({
      problem: 'registry-unreachable',
      found: expect.stringMatching(/registry cannot be reached: .*Connection refused/i),
      command: expect.stringContaining('--find-links'),
    })
  })

  it('says which requirement of the package itself a folder of wheels lacks', async ({ expect }) => {
    using folder = temporaryFolder()
    const { options } = setUp(folder.path, [MISP_MODULES], { PIP_NO_INDEX: '1' })
    await expect(installOwn(options)).rejects.toMatchObject({ problem: 'install-failed', found: expect.stringContaining('always') })
  })

  it('says so when the Python has no ensurepip, none is there, or it is too old', async ({ expect }) => {
    using folder = temporaryFolder()
    const with_ = (name: string, patch?: string) => {
      const bin = join(folder.path, name)
      mkdirSync(bin)
      if (patch !== undefined) patchedPython(join(bin, 'python3'), patch)
      return plain(join(folder.path, 'state'), { PATH: bin })
    }
    await expect(installOwn(with_('none'))).rejects.toMatchObject({ problem: 'no-python', command: expect.stringContaining('python3-venv') })
    await expect(installOwn(with_('bare', 'sys.modules["ensurepip"] = None'))).rejects.toMatchObject({
      problem: 'no-venv', found: expect.stringContaining('no ensurepip module'), command: expect.stringContaining('python3-venv'),
    })
    await expect(installOwn(with_('old', 'sys.version_info = (3, 8, 1)'))).rejects.toMatchObject({ problem: 'python-too-old' })
  })

  it('refuses to make an environment with --no-install', async ({ expect }) => {
    using folder = temporaryFolder()
    const { options } = setUp(folder.path, COMPLETE, {})
    await expect(preparePython({ ...options, noInstall: true })).rejects.toMatchObject({
      problem: 'incomplete', needed: expect.stringContaining('misp-modules[all]==3.1.0'), command: 'misp-module-host python install',
    })
    expect(existsSync(options.state)).toBe(false)
  })

  it('names a state folder that cannot be made', async ({ expect }) => {
    using folder = temporaryFolder()
    writeFileSync(join(folder.path, 'file'), '')
    await expect(installOwn(plain(join(folder.path, 'file', 'state'), basic(folder.path, {})))).rejects.toMatchObject({ problem: 'not-writable' })
  })

  if (process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0) {
    it('says that the disk is full, on a real one of 8 MB', async ({ expect }) => {
      using folder = temporaryFolder()
      const state = join(folder.path, 'state')
      mkdirSync(state)
      const small = ['unshare', '-m', 'sh', '-c', `mount -t tmpfs -o size=8m tmpfs '${state}' && exec "$@"`, 'sh']
      const child = startInstall({ state, extras: 'all', constraints: null }, basic(folder.path, { PIP_NO_INDEX: '1' }), small)
      expect(await lastLine(child)).toMatchObject({ problem: 'disk-full', found: expect.stringContaining('is full') })
    })
  }
})

async function lastLine(child: ChildProcess): Promise<unknown> {
  let last = 'null'
  for await (const line of createInterface(child.stdout!)) last = line
  return JSON.parse(last)
}
