import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'vitest'
import { installOwn } from '../../../sandboxes/python/install.ts'
import type { InstallEvent } from '../../../sandboxes/python/install_events.ts'
import { findOwn } from '../../../sandboxes/python/own_environment.ts'
import { preparePython } from '../../../sandboxes/python/prepare.ts'
import { probePython } from '../../../sandboxes/python/probe.ts'
import { alive, eventually } from '../../support/processes.ts'
import { basic, CLOSED, COMPLETE, plain, setUp, startInstall } from './install_set_up.ts'
import { makeWheels, MISP_MODULES, NEEDED, temporaryFolder, uvWheel } from './wheels.ts'
import { serveWheels } from './wheel_index.ts'

describe('our own environment', () => {
  it('is made from a folder of wheels with no registry at all, by pip where there is no uv, and then stays', async ({ expect }) => {
    using folder = temporaryFolder()
    const { options, events } = setUp(folder.path, COMPLETE, { PIP_INDEX_URL: CLOSED })
    const made = await installOwn(options)
    expect(made).toMatchObject({ how: 'made', installer: 'pip', failed: [] })
    expect(events.map(({ type }) => type)).toContain('no-uv')
    expect((await probePython(made.python)).mispModules?.version).toBe('3.1.0')
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

  it('is readable for other accounts whatever the umask', async ({ expect }) => {
    using folder = temporaryFolder()
    const { options } = setUp(folder.path, COMPLETE, { PIP_NO_INDEX: '1' })
    const umask = process.umask(0o077)
    const made = await installOwn({ ...options, state: join(options.state, 'deep') }).finally(() => process.umask(umask))
    expect(await run('find', [join(options.state, 'deep'), '!', '-perm', '-o=r', '!', '-type', 'l'])).toBe('')
    expect(made.how).toBe('made')
  })

  it('is made once when two start at the same time', async ({ expect }) => {
    using folder = temporaryFolder()
    const { options, events } = setUp(folder.path, COMPLETE, { PIP_NO_INDEX: '1' })
    const both = await Promise.all([installOwn(options), installOwn(options)])
    expect(both.map(({ how }) => how).sort()).toEqual(['made', 'there'])
    expect(events).toContainEqual({ type: 'waiting', pid: process.pid })
  })
})

describe('an interrupted install', () => {
  it('is never used, and goes on with what it had fetched', async ({ expect }) => {
    using folder = temporaryFolder()
    const wheels = makeWheels(join(folder.path, 'wheels'), [...COMPLETE, uvWheel()])
    await using index = await serveWheels(wheels)
    index.stuck.add('second-1.0-py3-none-any.whl')
    const state = join(folder.path, 'state')
    const environment = basic(folder.path, { PIP_INDEX_URL: index.url, PIP_TRUSTED_HOST: '127.0.0.1' })
    const child = startInstall({ state, extras: 'all', constraints: null }, environment)
    await eventually(() => expect(index.asked).toHaveLength(6), 30_000)
    const lock = JSON.parse(await run('sh', ['-c', `cat ${state}/python/*.lock`])) as { child: { pid: number } }
    child.kill('SIGKILL')
    expect(findOwn(state)).toBeUndefined()
    await expect(preparePython({ ...plain(state, environment), noInstall: true })).rejects.toMatchObject({ problem: 'incomplete' })

    index.stuck.clear()
    const fetched = [...index.asked]
    const events: InstallEvent[] = []
    const made = await installOwn({ ...plain(state, environment), report: (event) => events.push(event) })
    expect(made).toMatchObject({ how: 'resumed', installer: 'uv', failed: [] })
    expect(events.map(({ type }) => type)).toContain('resuming')
    expect(alive(lock.child.pid)).toBe(false)
    const again = index.asked.slice(fetched.length).filter((name) => fetched.includes(name))
    expect(again).toContain('second-1.0-py3-none-any.whl')
    expect(again).not.toContain('uv-0.1-py3-none-any.whl')
    expect(findOwn(state)?.python).toBe(made.python)
    expect(readdirSync(join(state, 'python'))).toHaveLength(1)
  })

  it('stops at once when cancelled, and leaves nothing that would be used', async ({ expect }) => {
    using folder = temporaryFolder()
    const { options } = setUp(folder.path, COMPLETE, { PIP_NO_INDEX: '1' })
    const stop = new AbortController()
    const report = (event: InstallEvent) => event.type === 'phase' && event.phase === 'installer' && stop.abort(new Error('stopped'))
    await expect(installOwn({ ...options, signal: stop.signal, report })).rejects.toThrow('stopped')
    expect(findOwn(options.state)).toBeUndefined()
    expect(readdirSync(join(options.state, 'python')).filter((name) => name.endsWith('.lock'))).toEqual([])
  })
})

async function run(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  for await (const chunk of child.stdout) text += String(chunk)
  return text
}
