import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'vitest'
import { HostileServer } from '../support/hostile_server.ts'
import { newState } from '../support/our_server.ts'
import { eventually } from '../support/processes.ts'
import { testPython } from '../support/python.ts'
import { makeVenv, makeWheels, temporaryFolder } from '../sandboxes/python/wheels.ts'

/** The folders are looked at every two seconds, and twice, so that an install under way is waited for. */
const NOTICED_MS = 20_000

it('packages that come and go are noticed: modules that want them are tried again, in fork servers that have them', async ({ expect }) => {
  using folder = temporaryFolder()
  const state = await newState()
  const python = makeVenv(join(folder.path, 'venv'), undefined)
  const site = sitePackages(python)
  // All that the tests' own environment has, and room for more.
  writeFileSync(join(site, 'tests.pth'), `${sitePackages(testPython())}\n`)
  const root = join(folder.path, 'root')
  mkdirSync(join(root, 'expansion'), { recursive: true })
  for (const path of [root, join(root, 'expansion')]) chmodSync(path, 0o755)
  writeFileSync(join(root, 'expansion', 'wants_it.py'), WANTS_IT)
  const wheel = join(makeWheels(folder.path, [{ name: 'appears', version: '1.0', files: { 'appears.py': 'VALUE = "there"\n' } }]), 'appears-1.0-py3-none-any.whl')
  try {
    await using host = await HostileServer.start({ modules: ['wants_it', 'comes_too'], args: ['--modules', root, '--python', python], state })
    const cells = async () => (await host.status()).runtimes.flatMap((runtime) => runtime.cells.map(({ pid }) => pid))
    const loaded = async () => ((await (await fetch(host.url('/modules'))).json()) as { name: string }[]).map(({ name }) => name)
    expect(await loaded()).toEqual(['echo'])
    expect((await host.status()).modules.notLoaded.find(({ name }) => name === 'wants_it')?.reason).toContain("No module named 'appears'")
    expect(await host.neighbour()).toContain('echo')
    const before = await cells()

    // And a module is saved at the same moment.
    writeFileSync(join(root, 'expansion', 'comes_too.py'), WANTS_IT)
    execFileSync(python, ['-m', 'zipfile', '-e', wheel, site])
    writeFileSync(join(root, 'expansion', 'comes_too.py'), WANTS_IT.replace('appears.VALUE', 'appears.VALUE + " too"'))
    await eventually(async () => expect(await loaded()).toEqual(['comes_too', 'echo', 'wants_it']), NOTICED_MS)
    expect((await host.ask('wants_it')).body).toBe('{"results":"there"}')
    // What was saved first may have been loaded as well, and is for a moment what answers.
    await eventually(async () => expect((await host.ask('comes_too')).body).toBe('{"results":"there too"}'))
    expect(await host.neighbour()).toContain('echo')
    await eventually(async () => {
      const now = await cells()
      expect(now.length).toBeGreaterThan(0)
      expect(now.filter((pid) => before.includes(pid))).toEqual([])
      expect(await host.leftovers()).toEqual([])
    }, NOTICED_MS)
    expect((await host.ask('comes_too')).body).toBe('{"results":"there too"}')

    rmSync(join(site, 'appears.py'))
    rmSync(join(site, 'appears-1.0.dist-info'), { recursive: true })
    await eventually(async () => expect(await loaded()).toEqual(['echo']), NOTICED_MS)
  } finally {
    rmSync(state, { recursive: true, force: true })
  }
}, 90_000)

const WANTS_IT = `"""Wants a package that is not there yet."""

import appears


def handler(q=False):
    return {"results": appears.VALUE}


def introspection():
    return {"input": ["text"], "output": ["text"]}


def version():
    return {"version": "1"}
`

function sitePackages(python: string): string {
  return execFileSync(python, ['-I', '-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'], { encoding: 'utf8' }).trim()
}
