import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'vitest'
import { installOwn, type InstallOptions } from '../../../sandboxes/python/install.ts'
import type { InstallEvent } from '../../../sandboxes/python/install_events.ts'
import { findOwn } from '../../../sandboxes/python/own_environment.ts'
import { preparePython } from '../../../sandboxes/python/prepare.ts'
import { probePython } from '../../../sandboxes/python/probe.ts'
import { alive, eventually } from '../../support/processes.ts'
import { testPython } from '../../support/python.ts'
import { LOST, makeWheels, MISP_MODULES, NEEDED, patchedPython, temporaryFolder, uvWheel, type Wheel } from './wheels.ts'
import { serveWheels } from './wheel_index.ts'

const CLOSED = 'http://127.0.0.1:9/simple/'
const COMPLETE = [MISP_MODULES, ...NEEDED, LOST]

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

describe('an install that cannot be', () => {
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

    it('prefers a Python that the account of the runners can execute', async ({ expect }) => {
      using folder = temporaryFolder()
      const bin = (name: string) => join(folder.path, name)
      const hidden = patchedPython(join(bin('hidden'), 'python3'), `sys._base_executable = "${join(bin('hidden'), 'python3')}"`)
      chmodSync(dirname(hidden), 0o700)
      const path = `${bin('hidden')}:${process.env['PATH']}`
      const options = { ...setUp(folder.path, COMPLETE, { PIP_NO_INDEX: '1' }).options, runner: { uid: 65534, gid: 65534 } }
      const made = await installOwn({ ...options, environment: { ...options.environment, PATH: path } })
      expect(made.base).toMatchObject({ reachable: true })
      expect(made.base.python.startsWith(bin('hidden'))).toBe(false)
    })
  }
})

/** An install from a folder of these wheels into a state folder that does not exist yet. */
function setUp(folder: string, wheels: readonly Wheel[], variables: Record<string, string>) {
  const events: InstallEvent[] = []
  const findLinks = makeWheels(join(folder, 'wheels'), wheels)
  const environment = basic(folder, { PIP_RETRIES: '0', ...variables })
  const report = (event: InstallEvent) => void events.push(event)
  return { options: { ...plain(join(folder, 'state'), environment), findLinks, report }, events }
}

function plain(state: string, environment: Record<string, string>): InstallOptions {
  return { state, extras: 'all', constraints: null, environment, report: () => {}, probe: probePython }
}

/** Only the test's own Python on PATH, and none of this machine's settings of pip. */
function basic(folder: string, variables: Record<string, string>): Record<string, string> {
  const bin = join(folder, 'bin')
  if (!existsSync(bin)) {
    mkdirSync(bin)
    symlinkSync(testPython(), join(bin, 'python3'))
  }
  return { PATH: `${bin}`, HOME: folder, PIP_CONFIG_FILE: '/dev/null', ...variables }
}

function startInstall(options: object, environment: Record<string, string>, before: readonly string[] = []): ChildProcess {
  const script = fileURLToPath(new URL('install_in_child.ts', import.meta.url))
  const [command, ...args] = [...before, process.execPath, script, JSON.stringify(options)]
  const env = { ...environment, PATH: `${environment['PATH']}:${process.env['PATH']}` }
  return spawn(command!, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
}

async function lastLine(child: ChildProcess): Promise<unknown> {
  let last = 'null'
  for await (const line of createInterface(child.stdout!)) last = line
  return JSON.parse(last)
}

async function run(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  for await (const chunk of child.stdout) text += String(chunk)
  return text
}
