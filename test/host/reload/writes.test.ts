import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { cpuTicks } from '../../../sandboxes/process/cpu_time.ts'
import { eventually } from '../../support/processes.ts'
import { module, ReloadServer } from '../../support/reload_server.ts'

const isRoot = process.getuid?.() === 0
const FILES = 100_000
/** A helper that imports, and nothing that counts as a save of the module. */
const WRITES = `import os, uuid
def write(folder):
    try:
        with open(os.path.join(folder, f"_{uuid.uuid4().hex}.py"), "w") as file:
            file.write("VALUE = 1\\n")
        return "written"
    except PermissionError:
        return "denied"
`
const APPENDS = 'open(__file__, "a").write("#\\n")'

describe('a module that writes into the folder that is watched (R8)', () => {
  let host: ReloadServer
  const open = (path: string, mode: number): void => chmodSync(host.path(path), mode)
  beforeAll(async () => {
    host = await ReloadServer.start({ files: { 'expansion/r_writes.py': module('write(os.path.dirname(__file__))', WRITES), 'expansion/r_other.py': module('"other"') } })
  })
  afterAll(async () => { await host?.[Symbol.asyncDispose]() })

  it('may do so only where its account may: where the host is root, that is nobody', async ({ expect }) => {
    expect(await host.ask('r_writes')).toBe(`{"results":"${isRoot ? 'denied' : 'written'}"}`)
  })

  it('where it may, causes no reload of itself or others', async ({ expect }) => {
    open('expansion/', 0o777)
    for (let turn = 0; turn < 20; turn += 1) expect(await host.ask('r_writes')).toBe('{"results":"written"}')
    await delay(300)
    expect([await host.told('r_writes'), await host.told('r_other')]).toEqual([[], []])
  })

  it('and into its own file whenever it is imported is asked less and less, told of, and disturbs nobody', async ({ expect }) => {
    host.save('r_self', module('"first"'))
    await host.answers('r_self', 'first')
    open('expansion/r_self.py', 0o666)
    host.save('r_self', module('"self"', APPENDS))
    await eventually(async () => expect((await host.told('r_self')).at(-1)).toMatch(/was changed while the module was described/), 20_000)
    host.save('r_other', module('"meanwhile"'))
    await host.answers('r_other', 'meanwhile')
    // Each import appends a line, and it would be imported some ten times a second.
    await eventually(async () => {
      const before = size()
      await delay(1000)
      expect(size()).toBe(before)
    }, 30_000)
    expect(await host.ask('r_self')).toBe('{"results":"first"}')
    host.save('r_self', module('"no longer"'))
    await host.answers('r_self', 'no longer')
  })

  function size(): number {
    return statSync(host.path('r_self')).size
  }
})

describe('a root with a hundred thousand files (R2)', () => {
  let host: ReloadServer
  beforeAll(async () => { host = await ReloadServer.start({ files: { 'expansion/r_uses.py': module('_value.VALUE', 'from . import _value'), 'expansion/_value.py': 'VALUE = "one"\n' } }) })
  afterAll(async () => { await host?.[Symbol.asyncDispose]() })

  it('that come at once, a helper among them, is one reload; and the host rests afterwards', { timeout: 180_000 }, async ({ expect }) => {
    await host.answers('r_uses', 'one')
    for (let file = 0; file < FILES; file += 1) {
      const folder = host.path(`data/${file % 100}`)
      if (file < 100) mkdirSync(folder, { recursive: true })
      writeFileSync(`${folder}/${file}.txt`, '')
    }
    host.save('expansion/_value.py', 'VALUE = "two"\n')
    await host.answers('r_uses', 'two', 60_000)
    expect(await host.told('r_uses')).toEqual(['reloaded'])
    await eventually(async () => {
      const before = cpuTicks(host.pid)
      await delay(500)
      expect(cpuTicks(host.pid) - before).toBeLessThan(10)
    }, 60_000)
    host.save('expansion/_value.py', 'VALUE = "three"\n')
    await host.answers('r_uses', 'three', 30_000)
    expect(await host.told('r_uses')).toEqual(['reloaded', 'reloaded'])
  })
})
