import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { eventually } from '../../support/processes.ts'
import { module, ReloadServer } from '../../support/reload_server.ts'

const EVENTS = 1000

describe('many files at once', () => {
  let host: ReloadServer
  beforeAll(async () => {
    host = await ReloadServer.start({ files: { 'expansion/r_a.py': module('_value.VALUE', 'from . import _value'), 'expansion/_value.py': 'VALUE = 0\n' } })
  })
  afterAll(async () => { await host?.[Symbol.asyncDispose]() })

  it('are one reload of a module that reads them', async ({ expect }) => {
    await host.ask('r_a')
    for (let file = 0; file < EVENTS; file += 1) host.save(`expansion/_part${file}.py`, `VALUE = ${file}\n`)
    host.save('r_a', module('VALUE', Array.from({ length: 50 }, (_, at) => `from ._part${at} import VALUE`).join('\n')))
    await eventually(async () => expect(await host.ask('r_a')).toBe('{"results":49}'))
    for (let file = 0; file < EVENTS; file += 1) host.save(`expansion/_part${file}.py`, `VALUE = ${file + 1}\n`)
    await eventually(async () => expect(await host.ask('r_a')).toBe('{"results":50}'))
    await delay(600)
    expect((await host.told('r_a')).length).toBeLessThanOrEqual(3)
    expect(new Set(await host.told('r_a'))).toEqual(new Set(['reloaded']))
  })

  it('that are renamed in a loop keep nobody from being reloaded', async () => {
    const path = host.path('expansion/_loop.py')
    writeFileSync(path, '')
    let going = true
    const looping = (async () => {
      for (let at = 0; going; at += 1) {
        renameSync(at % 2 === 0 ? path : `${path}.py`, at % 2 === 0 ? `${path}.py` : path)
        if (at % 10 === 0) await delay(1)
      }
    })()
    host.save('r_b', module('"meanwhile"'))
    await host.answers('r_b', 'meanwhile').finally(() => { going = false })
    await looping
  })
})

it('another branch that is checked out is served, each module once', async ({ expect }) => {
  const root = mkdtempSync(join(tmpdir(), 'repository-'))
  execFileSync('chmod', ['755', root])
  const git = (...args: string[]) => execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { cwd: root, stdio: 'pipe' })
  const saveAll = (branch: string, names: readonly string[]) => {
    mkdirSync(join(root, 'expansion'), { recursive: true })
    writeFileSync(join(root, 'expansion', '_shared.py'), `BRANCH = "${branch}"\n`)
    for (const name of names) writeFileSync(join(root, 'expansion', `${name}.py`), module('_shared.BRANCH', 'from . import _shared'))
    git('add', '-A')
    git('commit', '-q', '-m', branch)
  }
  git('init', '-q', '-b', 'one')
  saveAll('one', ['r_both', 'r_only_one', ...Array.from({ length: 20 }, (_, at) => `r_many${at}`)])
  git('checkout', '-q', '-b', 'two')
  git('rm', '-q', 'expansion/r_only_one.py')
  saveAll('two', ['r_both', 'r_only_two'])
  git('checkout', '-q', 'one')

  await using host = await ReloadServer.start({ root })
  await host.answers('r_both', 'one')
  for (const branch of ['two', 'one'] as const) {
    git('checkout', '-q', branch)
    for (const name of ['r_both', `r_only_${branch}`, 'r_many0', 'r_many19']) await host.answers(name, branch)
    await eventually(async () => expect((await host.names()).filter((name) => name.startsWith('r_only'))).toEqual([`r_only_${branch}`]))
  }
  for (const name of ['r_both', 'r_many0', 'r_many19']) expect(await host.told(name)).toEqual(['reloaded', 'reloaded'])
})

describe('a root', () => {
  let host: ReloadServer
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'releases-'))
    execFileSync('chmod', ['755', folder])
    for (const release of ['1', '2']) {
      mkdirSync(join(folder, release, 'expansion'), { recursive: true })
      writeFileSync(join(folder, release, 'expansion', 'r_linked.py'), module(`"release ${release}"`))
    }
    symlinkSync(join(folder, '1'), join(folder, 'current'))
    host = await ReloadServer.start({ files: { 'expansion/r_over.py': module('"under"') }, args: ['--modules', join(folder, 'current')] })
  })
  afterAll(async () => {
    await host?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  it('that is a link is watched where it leads', async () => {
    await host.answers('r_linked', 'release 1')
    writeFileSync(join(folder, '1', 'expansion', 'r_linked.py'), module('"release 1.1"'))
    await host.answers('r_linked', 'release 1.1')
  })

  it('that is a link may lead elsewhere from one moment to the next', async () => {
    symlinkSync(join(folder, '2'), join(folder, 'next'))
    renameSync(join(folder, 'next'), join(folder, 'current'))
    await host.answers('r_linked', 'release 2')
    writeFileSync(join(folder, '2', 'expansion', 'r_linked.py'), module('"release 2.1"'))
    await host.answers('r_linked', 'release 2.1')
  })

  it('given later overrides the one before, until its file is gone', async ({ expect }) => {
    await host.answers('r_over', 'under')
    writeFileSync(join(folder, '2', 'expansion', 'r_over.py'), module('"over"'))
    await host.answers('r_over', 'over')
    rmSync(join(folder, '2', 'expansion', 'r_over.py'))
    await host.answers('r_over', 'under')
    expect(await host.told('r_over')).toEqual(['reloaded', 'reloaded'])
  })

  it('in which two files claim a name keeps what it had, names both, and gets over it', async ({ expect }) => {
    host.save('import_mod/r_over.py', module('"twice"'))
    await eventually(async () => expect((await host.told('r_over')).filter((line) => line.includes('claimed by'))).toHaveLength(1))
    await host.answers('r_over', 'under')
    host.remove('expansion/r_over.py')
    await host.answers('r_over', 'twice')
  })

  it('that is deleted and made again is watched again', async ({ expect }) => {
    rmSync(host.root, { recursive: true })
    await eventually(async () => expect(await host.names()).toEqual(['r_linked']))
    await delay(100)
    host.save('r_again', module('"again"'))
    await host.answers('r_again', 'again')
    host.save('r_again', module('"and again"'))
    await host.answers('r_again', 'and again')
  })

  it('with a folder for a type that comes later is watched there as well', async () => {
    host.save('action_mod/r_later.py', module('"later"'))
    await host.answers('r_later', 'later')
  })
})
