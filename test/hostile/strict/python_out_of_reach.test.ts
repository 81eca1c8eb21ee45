import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { HostileServer } from '../../support/hostile_server.ts'
import { newState } from '../../support/our_server.ts'
import { eventually } from '../../support/processes.ts'
import { makeVenv } from '../../sandboxes/python/wheels.ts'

/** Packages are looked at every two seconds, and twice. */
const NOTICED_MS = 60_000

describe.runIf(process.getuid?.() === 0)('a Python below a folder that the account of cells cannot enter', () => {
  it('is copied at the start and when packages come, and not when nothing has changed', async ({ expect }) => {
    const state = await newState({ cold: true })
    const folder = mkdtempSync(join(tmpdir(), 'out-of-reach-'))
    chmodSync(folder, 0o755)
    const home = join(folder, 'home')
    const root = join(folder, 'root')
    mkdirSync(join(root, 'expansion'), { recursive: true })
    for (const path of [root, join(root, 'expansion')]) chmodSync(path, 0o755)
    writeFileSync(join(root, 'expansion', 'looks.py'), LOOKS)
    writeFileSync(join(root, 'expansion', 'wants.py'), LOOKS.replace('import sys', 'import sys\nimport appears'))
    const python = makeVenv(join(home, 'venv'), undefined)
    writeFileSync(join(home, 'venv', 'secret'), 'secret')
    chmodSync(home, 0o700)
    const start = () => HostileServer.start({ modules: ['looks', 'wants'], root, args: ['--profile', 'strict', '--python', python], state })
    const copyings = (host: HostileServer) => host.log().filter(({ msg }) => String(msg).includes('is copied to the state folder'))
    const copies = () => readdirSync(state).filter((name) => name.startsWith('python-copy-'))
    const seen = { results: [join(home, 'venv'), ['bin', 'lib', 'lib64', 'pyvenv.cfg']] }
    try {
      {
        await using host = await start()
        expect(copyings(host)).toMatchObject([{ python, because: home, msg: expect.stringContaining('the uid 1900000000 cannot reach this Python') }])
        expect(JSON.parse((await host.ask('looks')).body)).toEqual(seen)
        expect((await host.status()).modules.notLoaded.find(({ name }) => name === 'wants')?.reason).toBe("ModuleNotFoundError: No module named 'appears'")

        const site = execFileSync(python, ['-I', '-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'], { encoding: 'utf8' }).trim()
        mkdirSync(join(site, 'appears-1.0.dist-info'))
        writeFileSync(join(site, 'appears-1.0.dist-info', 'METADATA'), 'Metadata-Version: 2.1\nName: appears\nVersion: 1.0\n')
        writeFileSync(join(site, 'appears.py'), '')
        await eventually(async () => expect(JSON.parse((await host.ask('wants')).body)).toEqual(seen), NOTICED_MS)
        expect(JSON.parse((await host.ask('looks')).body)).toEqual(seen)
        expect(copyings(host).length).toBe(2)
      }
      await using host = await start()
      expect(JSON.parse((await host.ask('wants')).body)).toEqual(seen)
      expect([copyings(host), copies().length]).toEqual([[], 1])
    } finally {
      for (const path of [state, folder]) rmSync(path, { recursive: true, force: true })
    }
  }, 180_000)
})

const LOOKS = `"""Says where its Python is, and what lies there."""

import sys
import os


def handler(q=False):
    return {"results": [sys.prefix, sorted(os.listdir(sys.prefix))]}


def introspection():
    return {"input": ["text"], "output": ["text"]}


def version():
    return {"version": "1"}
`
