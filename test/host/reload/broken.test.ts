import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { eventually } from '../../support/processes.ts'
import { answer, module, ReloadServer } from '../../support/reload_server.ts'

/** Half a second after it was found to fail, by the clocks of two processes. */
const QUIET_MS = 450
/** A machine that is so busy that we save after more than this shows nothing of a save that comes soon. */
const SOON_MS = 350

describe('a version that does not load', () => {
  let host: ReloadServer
  beforeAll(async () => {
    host = await ReloadServer.start({
      files: {
        'expansion/r_mine.py': module('"good"'), 'expansion/r_other.py': module('"other"'), 'expansion/_slow.py': 'VALUE = "old"\n',
        'expansion/r_slow.py': module('__import__("time").sleep(0.4) or _slow.VALUE', 'from . import _slow'),
      },
    })
  })
  afterAll(async () => { await host?.[Symbol.asyncDispose]() })

  it('is told of with file and line once it has been quiet for a while, and the last one that loads stays', async ({ expect }) => {
    await host.answers('r_mine', 'good')
    const saved = Date.now()
    host.save('r_mine', `${module('"bad"')}\ndef broken(:\n`)
    await host.answers('r_mine', 'good')
    await eventually(async () => expect(await host.told('r_mine')).toEqual([expect.stringMatching(/^not loaded: SyntaxError.*still served$/)]))
    const line = (await host.log()).find((each) => each['module'] === 'r_mine' && each['reason'] !== undefined)
    expect(line).toMatchObject({ level: 40, file: host.path('r_mine'), line: 13 })
    expect(Date.parse(String(line?.['time'])) - saved).toBeGreaterThan(QUIET_MS)
    await host.answers('r_mine', 'good')
    expect(await host.names()).toContain('r_mine')
  })

  it('is told of again when it is saved again and still does not load', async ({ expect }) => {
    host.save('r_mine', `${module('"bad"')}\n\ndef broken(:\n`)
    await eventually(async () => expect(await host.told('r_mine')).toHaveLength(2))
    expect((await host.log()).filter((each) => each['module'] === 'r_mine').at(-1)).toMatchObject({ line: 14 })
  })

  it('is not told of again because others are saved', async ({ expect }) => {
    host.save('r_other', module('"another"'))
    await host.answers('r_other', 'another')
    await delay(700)
    expect(await host.told('r_mine')).toHaveLength(2)
  })

  it('is over when a save mends it', async ({ expect }) => {
    host.save('r_mine', module('"mended"'))
    await host.answers('r_mine', 'mended')
    expect((await host.told('r_mine')).slice(2)).toEqual(['reloaded'])
  })

  it('is not told of where the next save comes soon', async ({ expect }) => {
    for (let turn = 0, pause = Infinity; pause > SOON_MS; turn += 1) {
      const before = (await host.told('r_mine')).length
      const since = performance.now()
      host.save('r_mine', 'def broken(:\n')
      await delay(200)
      host.save('r_mine', module(`"soon ${turn}"`))
      pause = performance.now() - since
      await host.answers('r_mine', `soon ${turn}`)
      await delay(600)
      if (pause <= SOON_MS) expect((await host.told('r_mine')).slice(before)).toEqual(['reloaded'])
    }
  })

  it('keeps new runners of the last good one from nothing, helpers included', async ({ expect }) => {
    await host.answers('r_slow', 'old')
    host.save('_slow', 'raise ValueError("broken")\n')
    host.save('r_slow', 'def broken(:\n')
    await eventually(async () => expect(await host.told('r_slow')).toHaveLength(1))
    // More at once than there are runners: new ones have to be started.
    const asked = await Promise.all(Array.from({ length: 12 }, () => host.ask('r_slow')))
    expect(new Set(asked)).toEqual(new Set([answer('old')]))
    expect((await host.status()).pool.runnersByModule['r_slow']).toBeGreaterThan(2)
  })

  it('and whose files are gone is the last one all the same, until that is sure', async ({ expect }) => {
    host.remove('r_slow')
    await eventually(async () => expect(await host.names()).toEqual(['r_mine', 'r_other']))
  })

  it('of a new module is told of, and its name is known to nobody', async ({ expect }) => {
    host.save('r_fresh', module('1', 'raise RuntimeError("not ready")'))
    await eventually(async () => expect(await host.told('r_fresh')).toEqual([expect.stringContaining('RuntimeError: not ready')]))
    expect(await host.ask('r_fresh')).toContain('Something went wrong')
    host.save('r_fresh', module('"ready"'))
    await host.answers('r_fresh', 'ready')
  })
})

describe('a module whose top level', () => {
  let host: ReloadServer
  beforeAll(async () => {
    const files = Object.fromEntries(['r_loops', 'r_exits', 'r_kills', 'r_eats', 'r_fine'].map((name) => [`expansion/${name}.py`, module('"good"')]))
    host = await ReloadServer.start({ files })
  })
  afterAll(async () => { await host?.[Symbol.asyncDispose]() })

  it('loops: its last version goes on, and others are reloaded meanwhile', async ({ expect }) => {
    await host.answers('r_loops', 'good')
    for (let loops = 0; loops < 4; loops += 1) {
      host.save('r_loops', `X = ${loops}\nwhile True:\n    pass\n`)
      await delay(60)
      host.save('r_fine', module(`"while it loops ${loops}"`))
      await host.answers('r_fine', `while it loops ${loops}`)
      expect(await host.ask('r_loops')).toBe(answer('good'))
    }
    host.save('r_loops', module('"no longer"'))
    await host.answers('r_loops', 'no longer')
    // What looped is ended, and not merely forgotten.
    await eventually(async () => expect((await host.status()).pool.runners).toBeLessThanOrEqual(4))
  })

  it.for([
    ['r_exits', 'import os\nos._exit(0)\n', /exit status 0|closed its channel/],
    ['r_kills', 'import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n', /./],
    ['r_eats', 'X = [0]\nwhile True:\n    X = X + X\n', /MemoryError|MB/],
  ] as const)('%s at import: its last version goes on, and why is told', async ([name, text, reason], { expect }) => {
    await host.answers(name, 'good')
    host.save(name, text)
    await eventually(async () => expect(await host.told(name)).toEqual([expect.stringMatching(reason)]), 20_000)
    await host.answers(name, 'good')
    host.save('r_fine', module(`"after ${name}"`))
    await host.answers('r_fine', `after ${name}`)
  })
})
