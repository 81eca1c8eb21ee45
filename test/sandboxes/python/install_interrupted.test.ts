import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { installOwn } from '../../../sandboxes/python/install.ts'
import type { InstallEvent } from '../../../sandboxes/python/install_events.ts'
import { findOwn } from '../../../sandboxes/python/own_environment.ts'
import { preparePython } from '../../../sandboxes/python/prepare.ts'
import { alive, eventually } from '../../support/processes.ts'
import { basic, COMPLETE, MADE_WITHIN_MS, plain, setUp, startInstall } from './install_set_up.ts'
import { makeWheels, temporaryFolder, uvWheel } from './wheels.ts'
import { serveWheels } from './wheel_index.ts'

describe('an interrupted install', { timeout: MADE_WITHIN_MS }, () => {
  it('is never used, and goes on with what it had fetched', async ({ expect }) => {
    using folder = temporaryFolder()
    const wheels = makeWheels(join(folder.path, 'wheels'), [...COMPLETE, uvWheel()])
    await using index = await serveWheels(wheels)
    index.stuck.add('second-1.0-py3-none-any.whl')
    const state = join(folder.path, 'state')
    const environment = basic(folder.path, { PIP_INDEX_URL: index.url, PIP_TRUSTED_HOST: '127.0.0.1' })
    const child = startInstall({ state, extras: 'all', constraints: null }, environment)
    await eventually(() => expect(index.asked).toHaveLength(6), MADE_WITHIN_MS)
    const lock = readLock(join(state, 'python'))
    child.kill('SIGKILL')
    expect(findOwn(state)).toBeUndefined()
    await expect(preparePython({ ...plain(state, environment), noInstall: true })).rejects.toMatchObject({ problem: 'incomplete' })

    index.stuck.clear()
    const fetched = [...index.asked]
    const events: InstallEvent[] = []
    const made = await installOwn({ ...plain(state, environment), report: (event) => events.push(event) })
    expect(made).toMatchObject({ how: 'resumed', installer: 'uv', failed: [] })
    expect(events.map(({ type }) => type)).toContain('resuming')
    await eventually(() => expect(alive(lock.child.pid)).toBe(false))
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
    const report = (event: InstallEvent) => event.type === 'phase' && event.phase === 'environment' && stop.abort(new Error('stopped'))
    await expect(installOwn({ ...options, signal: stop.signal, report })).rejects.toThrow('stopped')
    expect(findOwn(options.state)).toBeUndefined()
    expect(readdirSync(join(options.state, 'python')).filter((name) => name.endsWith('.lock'))).toEqual([])
  })
})

function readLock(folder: string): { readonly child: { readonly pid: number } } {
  const name = readdirSync(folder).find((entry) => entry.endsWith('.lock')) ?? ''
  return JSON.parse(readFileSync(join(folder, name), 'utf8')) as ReturnType<typeof readLock>
}
