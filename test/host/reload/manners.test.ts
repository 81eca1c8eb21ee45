import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { it } from 'vitest'
import { FileWatch } from '../../../host/registry/watch.ts'
import { eventually } from '../../support/processes.ts'
import { module, ReloadServer } from '../../support/reload_server.ts'

it('--watch poll notices saves by looking', async () => {
  await using host = await ReloadServer.start({ files: { 'expansion/r_saved.py': module('"one"') }, args: ['--watch', 'poll'] })
  await host.answers('r_saved', 'one')
  for (const value of ['two', 'six']) {
    host.save('r_saved', module(`"${value}"`))
    await host.answers('r_saved', value)
  }
  host.save('r_new', module('"new"'))
  await host.answers('r_new', 'new')
})

it('--watch off leaves it to SIGHUP', async ({ expect }) => {
  await using host = await ReloadServer.start({ files: { 'expansion/r_saved.py': module('"one"') }, args: ['--watch', 'off'] })
  await host.answers('r_saved', 'one')
  host.save('r_saved', module('"two"'))
  await delay(700)
  await host.answers('r_saved', 'one')
  process.kill(host.pid, 'SIGHUP')
  await host.answers('r_saved', 'two')
  expect(await host.told('r_saved')).toEqual(['reloaded'])
})

it('SIGHUP that brings roots has them watched, and one that is refused keeps those that are', async ({ expect }) => {
  const more = mkdtempSync(join(tmpdir(), 'more-'))
  chmodSync(more, 0o755)
  try {
    const own = mkdtempSync(join(tmpdir(), 'own-'))
    await using host = await ReloadServer.start({ root: own, files: { 'expansion/r_saved.py': module('"one"') } })
    const settings = { modules: { '*': { enabled: false }, 'r_*': { enabled: true }, 'r_savde': { timeout: 9 } } }
    writeFileSync(host.configFile, JSON.stringify({ ...settings, roots: { custom: more } }))
    process.kill(host.pid, 'SIGHUP')
    await eventually(async () => expect((await host.log()).some(({ msg }) => msg === 'what was found is served')).toBe(true))
    expect((await host.log()).map(({ msg }) => msg)).toContain('the configuration names "r_savde" in modules, and there is no such module; did you mean "r_saved"?')
    mkdirSync(join(more, 'expansion'))
    writeFileSync(join(more, 'expansion', 'r_more.py'), module('"more"'))
    await host.answers('r_more', 'more')
    writeFileSync(host.configFile, '{"roots": {"watch": "perhaps"}}')
    process.kill(host.pid, 'SIGHUP')
    await eventually(async () => expect((await host.log()).some(({ msg }) => msg === 'what was served before is still served')).toBe(true))
    const refusal = (await host.log()).find(({ msg }) => msg === 'what was served before is still served')
    expect(refusal).toMatchObject({ err: { type: 'ConfigError', message: expect.stringContaining('perhaps') } })
    expect(JSON.stringify(refusal)).not.toContain('"stack"')
    host.save('r_saved', module('"two"'))
    await host.answers('r_saved', 'two')
    writeFileSync(join(more, 'expansion', 'r_more.py'), module('"still more"'))
    await host.answers('r_more', 'still more')
  } finally {
    rmSync(more, { recursive: true, force: true })
  }
})

it('environments, packages and repositories below a root wake nobody', async ({ expect }) => {
  const root = mkdtempSync(join(tmpdir(), 'watched-'))
  const seen: string[] = []
  const save = (path: string) => {
    mkdirSync(join(root, path, '..'), { recursive: true })
    writeFileSync(join(root, path), `${Math.random()}`)
  }
  const ignored = ['env/lib/a.py', 'node_modules/x/index.js', '.git/HEAD', 'expansion/__pycache__/a.pyc', 'expansion/a.py~', 'expansion/.a.py.swp']
  save('env/pyvenv.cfg')
  ignored.forEach(save)
  try {
    using _watch = new FileWatch({ folders: [root], manner: 'on', changed: (paths) => seen.push(...(paths ?? ['any'])), troubled: (trouble) => seen.push(trouble) })
    await eventually(() => expect(seen.splice(0)).toEqual(['any']))
    ignored.forEach(save)
    save('expansion/seen.py')
    const only = new Set([join(root, 'expansion/seen.py')])
    await eventually(() => expect(new Set(seen)).toEqual(only))
    await delay(200)
    expect(new Set(seen)).toEqual(only)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
})

it('a root that was away for a moment is told of, and what is beside it is not', async ({ expect }) => {
  const beside = mkdtempSync(join(tmpdir(), 'beside-'))
  const [root, missing, log] = ['root', 'missing', 'log'].map((name) => join(beside, name)) as [string, string, string]
  const seen: string[] = []
  mkdirSync(join(root, 'expansion'), { recursive: true })
  writeFileSync(log, '')
  try {
    using _watch = new FileWatch({ folders: [root, missing], manner: 'on', changed: (paths) => seen.push(...(paths ?? ['any'])), troubled: (trouble) => seen.push(trouble) })
    await eventually(() => expect(seen.splice(0)).toEqual(['any']))
    writeFileSync(log, 'a line')
    await delay(200)
    expect(seen).toEqual([])
    // Whoever looks in between finds nothing there.
    renameSync(root, `${root}.away`)
    renameSync(`${root}.away`, root)
    await eventually(() => expect(seen).toContain(root), 5000)
  } finally {
    rmSync(beside, { recursive: true, force: true })
  }
})

// Only a user namespace of its own has bounds that a test may lower.
it('where the kernel watches no more files that is said once, and they are looked at', async ({ expect }) => {
  const root = mkdtempSync(join(tmpdir(), 'bounded-'))
  for (let folder = 0; folder < 20; folder += 1) mkdirSync(join(root, `f${folder}`))
  const script = `
    const { FileWatch } = await import(process.argv[1])
    const { writeFileSync } = await import('node:fs')
    const said = []
    new FileWatch({
      folders: [process.argv[2]], manner: 'on', troubled: (trouble) => said.push(trouble),
      changed: (paths) => { if (paths?.has(process.argv[2] + '/f19/new.py')) { console.log(JSON.stringify(said)); process.exit() } },
    })
    let saves = 0
    setInterval(() => writeFileSync(process.argv[2] + '/f19/new.py', String(saves += 1)), 1000)
    setTimeout(() => process.exit(3), 30_000)`
  const lower = `echo 5 > /proc/sys/user/max_inotify_watches && exec "$@"`
  const watch = new URL('../../../host/registry/watch.ts', import.meta.url).href
  const { stdout, stderr, status } = spawnSync('unshare', ['-Ur', 'sh', '-c', lower, 'sh', process.execPath, '--input-type=module', '-e', script, watch, root], { encoding: 'utf8' })
  rmSync(root, { recursive: true, force: true })
  if (/unshare|max_inotify_watches/.test(stderr)) return
  expect([status, stdout]).toEqual([0, `["no more files can be watched by the kernel (ENOSPC): they are looked at every 100 ms instead"]\n`])
})

it('links that make a thousand million paths of thirty folders keep nobody waiting where they are not followed', ({ expect }) => {
  const root = mkdtempSync(join(tmpdir(), 'links-'))
  for (let at = 0; at < 30; at += 1) mkdirSync(join(root, `d${at}`))
  for (let at = 0; at < 29; at += 1) for (const name of ['a', 'b']) symlinkSync(`../d${at + 1}`, join(root, `d${at}`, name))
  const script = `
    const { FileWatch } = await import(process.argv[1])
    const { writeFileSync } = await import('node:fs')
    const saved = process.argv[2] + '/d29/saved.py'
    new FileWatch({
      folders: [process.argv[2]], manner: 'on', followsLinks: false, troubled: () => {},
      changed: (paths) => {
        if (paths === undefined) return writeFileSync(saved, '')
        if (paths.has(saved)) process.exit()
      },
    })
    setTimeout(() => {}, 60_000)`
  const watch = new URL('../../../host/registry/watch.ts', import.meta.url).href
  // The host's loop is everybody's: the limit is for a watch that never comes back to it.
  const { status, stderr } = spawnSync(process.execPath, ['--max-old-space-size=200', '--input-type=module', '-e', script, watch, root], { encoding: 'utf8', timeout: 20_000, killSignal: 'SIGKILL' })
  rmSync(root, { recursive: true, force: true })
  expect([status, stderr]).toEqual([0, ''])
})
