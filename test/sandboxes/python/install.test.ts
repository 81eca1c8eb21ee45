import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'vitest'
import { installOwn } from '../../../sandboxes/python/install.ts'
import { preparePython } from '../../../sandboxes/python/prepare.ts'
import { probePython } from '../../../sandboxes/python/probe.ts'
import { CLOSED, COMPLETE, MADE_WITHIN_MS, setUp } from './install_set_up.ts'
import { MISP_MODULES, NEEDED, temporaryFolder, uvWheel } from './wheels.ts'

describe('our own environment', { timeout: MADE_WITHIN_MS }, () => {
  it('is made from a folder of wheels with no registry at all, by pip where there is no uv, whatever the umask, and stays', async ({ expect }) => {
    using folder = temporaryFolder()
    const { options: { state, ...rest }, events } = setUp(folder.path, COMPLETE, { PIP_INDEX_URL: CLOSED })
    const options = { ...rest, state: join(state, 'deep') }
    const umask = process.umask(0o077)
    const made = await installOwn(options).finally(() => process.umask(umask))
    expect(made).toMatchObject({ how: 'made', installer: 'pip', failed: [] })
    expect(events.map(({ type }) => type)).toContain('no-uv')
    expect((await probePython(made.python)).mispModules?.version).toBe('3.1.0')
    expect(execFileSync('find', [options.state, '!', '-perm', '-o=r', '!', '-type', 'l'], { encoding: 'utf8' })).toBe('')
    expect(await installOwn(options)).toMatchObject({ how: 'there', folder: made.folder })
    expect(readdirSync(dirname(made.folder))).toEqual([made.folder.split('/').at(-1)])
  })

  it('is made by uv, and lacks only what cannot be had, by name', async ({ expect }) => {
    using folder = temporaryFolder()
    const { options } = setUp(folder.path, [MISP_MODULES, ...NEEDED, uvWheel()], { PIP_NO_INDEX: '1' })
    const prepared = await preparePython(options)
    expect(prepared.own).toMatchObject({ installer: 'uv', failed: [{ requirement: 'lost>=1' }] })
    expect(prepared.environment.origin).toBe('own')
    const packages = readdirSync(join(prepared.environment.mispModules?.packageDir ?? '', '..'))
    expect(packages).toEqual(expect.arrayContaining(['always.py', 'first.py', 'second.py']))
    expect(packages).not.toContain('lost.py')
  })

  it('is made once when two start at the same time', async ({ expect }) => {
    using folder = temporaryFolder()
    const { options, events } = setUp(folder.path, COMPLETE, { PIP_NO_INDEX: '1' })
    const both = await Promise.all([installOwn(options), installOwn(options)])
    expect(both.map(({ how }) => how).sort()).toEqual(['made', 'there'])
    expect(events).toContainEqual({ type: 'waiting', pid: process.pid })
  })

  it('cannot be where the package itself lacks a requirement, which is named', async ({ expect }) => {
    using folder = temporaryFolder()
    const { options } = setUp(folder.path, [MISP_MODULES], { PIP_NO_INDEX: '1' })
    await expect(installOwn(options)).rejects.toMatchObject({ problem: 'install-failed', found: expect.stringContaining('always') })
  })
})
