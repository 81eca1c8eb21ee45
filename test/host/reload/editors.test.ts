import { rmSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { eventually } from '../../support/processes.ts'
import { module, ReloadServer } from '../../support/reload_server.ts'

const SAVES = 10
/** A module whose file is away for longer is gone, and one that does not load for longer is told of: a machine so busy that we save so late shows nothing. */
const AWAY_MS = 150
const BROKEN_MS = 350

describe('however a file is saved', () => {
  let host: ReloadServer
  beforeAll(async () => { host = await ReloadServer.start({ files: { 'expansion/r_saved.py': module('"first"') } }) })
  afterAll(async () => { await host?.[Symbol.asyncDispose]() })

  it('it is served: over the old one, by a rename', async () => {
    await host.answers('r_saved', 'first')
    for (const value of ['renamed 1', 'renamed 2']) {
      host.saveByRename('r_saved', module(`"${value}"`))
      await host.answers('r_saved', value)
    }
  })

  it('it is served: taken away and made again, and no query meets the gap', async ({ expect }) => {
    for (let turn = 0, away = Infinity; away > AWAY_MS; turn += 1) {
      const before = (await host.told('r_saved')).length
      const answers = new Set<string>()
      const end = performance.now() + 600
      const asking = (async () => { while (performance.now() < end) answers.add(await host.ask('r_saved')) })()
      const since = performance.now()
      rmSync(host.path('r_saved'))
      await delay(80)
      host.save('r_saved', module(`"again ${turn}"`))
      away = performance.now() - since
      await asking
      await host.answers('r_saved', `again ${turn}`)
      if (away > AWAY_MS) continue
      expect([...answers].filter((text) => text.includes('error'))).toEqual([])
      expect((await host.told('r_saved')).slice(before)).toEqual(['reloaded'])
    }
  })

  it('it is served when it is whole: halves are neither served nor told of', async ({ expect }) => {
    for (let turn = 0, longest = Infinity; longest > BROKEN_MS; turn += 1) {
      const before = (await host.told('r_saved')).length
      const good = await host.ask('r_saved')
      const whole = module(`"whole ${turn}"`, `NOTES = """${'x'.repeat(500)}"""\n`)
      const answers = new Set<string>()
      longest = 0
      for (let part = 1; part < 5; part += 1) {
        const since = performance.now()
        host.save('r_saved', whole.slice(0, Math.floor((whole.length * part) / 5)))
        await delay(60)
        answers.add(await host.ask('r_saved'))
        longest = Math.max(longest, performance.now() - since)
      }
      host.save('r_saved', whole)
      await host.answers('r_saved', `whole ${turn}`)
      if (longest > BROKEN_MS) continue
      expect(good).toContain('"results"')
      expect([...answers]).toEqual([good])
      expect((await host.told('r_saved')).slice(before)).toEqual(['reloaded'])
    }
  })

  it('the last of ten that look the same within a second is served', async () => {
    for (let save = 0; save < SAVES; save += 1) {
      host.save('r_saved', module(`"save ${save}"`))
      await delay(20)
    }
    await host.answers('r_saved', `save ${SAVES - 1}`)
  })

  it('each of ten that look the same is served', async () => {
    for (let save = 0; save < SAVES; save += 1) {
      host.save('r_saved', module(`"each ${save}"`))
      await host.answers('r_saved', `each ${save}`)
    }
  })

  it('saved without a change it is the same version, whose runners go on', async ({ expect }) => {
    const text = module('__import__("os").getpid()')
    host.save('r_saved', text)
    await eventually(async () => expect(await host.ask('r_saved')).toMatch(/\d{3}/))
    const before = await host.ask('r_saved')
    const told = (await host.told('r_saved')).length
    host.save('r_saved', text)
    await delay(300)
    expect(await host.ask('r_saved')).toBe(before)
    expect(await host.told('r_saved')).toHaveLength(told)
  })

  it('what editors write beside it is no module and wakes nobody', async ({ expect }) => {
    const before = (await host.log()).length
    for (const name of ['4913', '.r_saved.py.swp', '.#r_saved.py', '#r_saved.py#', 'r_saved.py~', 'r_saved.py.tmp', '__pycache__/x.py', '.git/HEAD']) {
      host.save(`expansion/${name}`, module('"temporary"'))
    }
    await delay(700)
    expect(await host.names()).toEqual(['r_saved'])
    expect((await host.log()).slice(before).filter((line) => line['type'] === 'expansion')).toEqual([])
  })
})
