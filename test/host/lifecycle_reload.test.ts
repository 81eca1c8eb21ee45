import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { configOf, HostileServer } from '../support/hostile_server.ts'
import { Latch } from '../support/latch.ts'
import { eventually } from '../support/processes.ts'

const SAVES = 10

describe('SIGHUP', () => {
  let root: string
  let host: HostileServer
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'root-'))
    // The modules have another account, which may even leave bytecode here.
    mkdirSync(join(root, 'expansion'))
    for (const folder of [root, join(root, 'expansion')]) chmodSync(folder, 0o777)
    write('stays', module('"first"'))
    host = await HostileServer.start({ modules: ['stays', 'comes', 'goes', 'waits', 'saved', 'uses_helper', 'where'], args: ['--modules', root, '--watch', 'off'] })
  })
  afterAll(async () => {
    await host?.[Symbol.asyncDispose]()
    rmSync(root, { recursive: true, force: true })
  })

  it('brings a new module, and takes one whose file is gone', async ({ expect }) => {
    write('goes', module('"here"'))
    await reload()
    expect((await host.ask('goes')).body).toBe('{"results":"here"}')
    rmSync(join(root, 'expansion', 'goes.py'))
    write('comes', module('"new"'))
    await reload()
    expect(await names()).toEqual(['comes', 'echo', 'stays', 'where'])
    expect((await host.ask('comes')).body).toBe('{"results":"new"}')
    expect((await host.ask('goes')).body).toContain('Something went wrong')
    await eventually(async () => expect(await host.leftovers()).toEqual([]))
  })

  it('lets a query that runs end on the version that it began with', async ({ expect }) => {
    using latch = new Latch()
    write('waits', waiting('old', latch))
    await reload()
    const old = host.ask('waits')
    await eventually(async () => expect((await host.status()).queue.running).toBe(1))
    write('waits', waiting('new', latch))
    await reload()
    const asked = host.ask('waits')
    latch.open()
    expect([(await old).body, (await asked).body]).toEqual(['{"results":"old"}', '{"results":"new"}'])
    await eventually(async () => expect((await host.status()).pool.runnersByModule['waits']).toBe(1))
  })

  it('serves the new code each time, of ten files that were saved within a second and look the same', async ({ expect }) => {
    for (let save = 0; save < SAVES; save += 1) {
      write('saved', module(`"save ${save}"`))
      await reload()
      expect((await host.ask('saved')).body).toBe(`{"results":"save ${save}"}`)
    }
  })

  it('and of the files that a module imports', async ({ expect }) => {
    write('uses_helper', module('_helper.VALUE', 'from . import _helper'))
    for (let save = 0; save < SAVES; save += 1) {
      write('_helper', `VALUE = "save ${save}"\n`)
      await reload()
      expect((await host.ask('uses_helper')).body).toBe(`{"results":"save ${save}"}`)
    }
  })

  it('keeps the processes that nothing has changed for', async ({ expect }) => {
    await host.ask('stays')
    // Not how many runners they have: those of the versions before may be ending still.
    const cells = async () => (await host.status()).runtimes.flatMap((runtime) => runtime.cells.map(({ name, pid, ready }) => ({ name, pid, ready })))
    const before = await cells()
    await reload()
    expect(await cells()).toEqual(before)
    expect(before.length).toBeGreaterThan(0)
    expect((await host.ask('stays')).body).toBe('{"results":"first"}')
  })

  it('reads the settings again, and refuses those that are wrong as a whole', async ({ expect }) => {
    const token = async () => (JSON.parse((await host.ask('where')).body) as { environment: Record<string, string> }).environment['TOKEN']
    expect(await token()).toBeUndefined()
    configure(['stays', 'where'], { where: { env: { TOKEN: 'one' } } })
    await reload()
    expect(await token()).toBe('one')
    expect(await names()).toEqual(['echo', 'stays', 'where'])
    for (const wrong of ['{', '{"limits": {"timeoutt": 3}}', '{"modules": {"where": {"runners": 0}}}']) {
      writeFileSync(host.configFile, wrong)
      const line = await reload('what was served before is still served')
      expect(JSON.stringify(line)).toMatch(/expected|unknown key|Too small/)
      expect(await token()).toBe('one')
    }
    configure(['stays', 'where'], { where: { env: { TOKEN: 'two' } } })
    renameSync(root, `${root}.away`)
    expect(JSON.stringify(await reload('what was served before is still served'))).toContain('to be a folder with modules')
    expect([await names(), await token()]).toEqual([['echo', 'stays', 'where'], 'one'])
    const before = host.log().length
    renameSync(`${root}.away`, root)
    // What was asked for then is done now, without being asked for again.
    await eventually(async () => expect(await token()).toBe('two'))
    await saidSince(before, 'looking for modules again: a module root is back')
    await saidSince(before, 'what was found is served')
  })

  it('says which settings hold from the next start on only', async ({ expect }) => {
    writeFileSync(host.configFile, JSON.stringify(configOf(['stays'], { pool: { memoryMb: 77 }, limits: { timeout: 9 } })))
    await reload()
    const changed = host.log().filter((line) => Array.isArray(line['changed'])).at(-1)
    expect(changed).toMatchObject({ level: 40, changed: ['pool-memory-mb'] })
  })

  function write(name: string, text: string): void {
    writeFileSync(join(root, 'expansion', `${name}.py`), text)
  }

  function configure(modules: readonly string[], settings: object = {}): void {
    writeFileSync(host.configFile, JSON.stringify(configOf(modules, { modules: settings })))
  }

  /** Settles when the log says how it ended. */
  async function reload(says = 'what was found is served'): Promise<Record<string, unknown>> {
    const before = host.log().length
    process.kill(host.pid, 'SIGHUP')
    return await saidSince(before, says)
  }

  async function saidSince(before: number, says: string): Promise<Record<string, unknown>> {
    let line: Record<string, unknown> | undefined
    await eventually(() => {
      line = host.log().slice(before).find(({ msg }) => String(msg).startsWith(says))
      if (line === undefined) throw new Error(`the log does not say "${says}"`)
    })
    return line as Record<string, unknown>
  }

  async function names(): Promise<string[]> {
    return ((await (await fetch(host.url('/modules'))).json()) as { name: string }[]).map(({ name }) => name)
  }
})

function module(value: string, first = ''): string {
  return `${first}
def handler(q=False):
    return {"results": ${value}}


def introspection():
    return {"input": ["text"], "output": ["text"]}


def version():
    return {"version": "1"}
`
}

/** Answers when the latch is open. */
function waiting(value: string, { file }: Latch): string {
  return module(`wait() or "${value}"`, `import os, time
def wait():
    while not os.path.exists(${JSON.stringify(file)}):
        time.sleep(0.01)
`)
}
