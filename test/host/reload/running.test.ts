import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Latch } from '../../support/latch.ts'
import { eventually } from '../../support/processes.ts'
import { answer, module, ReloadServer } from '../../support/reload_server.ts'

const SAVES = 200

/** Answers when the latch is open. */
const waiting = (value: string, { file }: Latch) => module(`wait() or "${value}"`, `import os, time
def wait():
    while not os.path.exists(${JSON.stringify(file)}):
        time.sleep(0.01)
`)

describe('queries of a module that is saved', () => {
  let host: ReloadServer
  beforeAll(async () => {
    host = await ReloadServer.start({
      files: { 'expansion/r_waits.py': module('"first"'), 'expansion/r_saved.py': module('0'), 'expansion/r_other.py': module('"other"') },
      config: { modules: { '*': { enabled: false }, 'r_*': { enabled: true }, 'r_waits': { runners: 2 } } },
    })
  })
  afterAll(async () => { await host?.[Symbol.asyncDispose]() })

  it('end on the version that they began with, and those that come then run on the new one', async ({ expect }) => {
    using first = new Latch()
    using second = new Latch()
    await saved('old', first)
    const old = [host.ask('r_waits'), host.ask('r_waits')]
    await eventually(async () => expect((await host.status()).queue.running).toBe(2))
    await saved('new', second)
    const asked = host.ask('r_waits')
    first.open()
    expect(await Promise.all(old)).toEqual([answer('old'), answer('old')])
    second.open()
    expect(await asked).toBe(answer('new'))
    await eventually(async () => expect((await host.status()).pool.runnersByModule['r_waits']).toBe(1))
  })

  it('that wait are not lost, and run on the new version', async ({ expect }) => {
    using latch = new Latch()
    await saved('newer', latch)
    const asked = Array.from({ length: 6 }, () => host.ask('r_waits'))
    await eventually(async () => expect((await host.status()).queue).toMatchObject({ running: 2, waiting: 4 }))
    await saved('newest', latch)
    latch.open()
    expect((await Promise.all(asked)).toSorted()).toEqual(['newer', 'newer', 'newest', 'newest', 'newest', 'newest'].map(answer))
  })

  it('that wait while it is deleted are answered all the same', async ({ expect }) => {
    using latch = new Latch()
    await saved('last', latch)
    const asked = Array.from({ length: 4 }, () => host.ask('r_waits'))
    await eventually(async () => expect((await host.status()).queue).toMatchObject({ running: 2, waiting: 2 }))
    host.remove('r_waits')
    await eventually(async () => expect(await host.names()).not.toContain('r_waits'))
    latch.open()
    expect(new Set(await Promise.all(asked))).toEqual(new Set([answer('last')]))
    await eventually(async () => expect((await host.status()).pool.runnersByModule['r_waits']).toBeUndefined())
  })

  it(`are all answered during ${SAVES} saves, never by an older version than before`, async ({ expect }) => {
    let going = true
    let asked = 0
    const wrong: string[] = []
    const clients = Array.from({ length: 4 }, async (_, client) => {
      for (let last = 0; going; asked += 1) {
        const text = await host.ask(client === 0 ? 'r_other' : 'r_saved')
        const found = /^\{"results":(?:(\d+)|"other")\}$/.exec(text)
        const version = found === null ? -1 : Number(found[1] ?? last)
        if (version < last) wrong.push(`${text} after version ${last}`)
        else last = version
      }
    })
    for (let save = 1; save <= SAVES; save += 1) {
      if (save % 2 === 0) host.save('r_saved', module(`${save}`))
      else host.saveByRename('r_saved', module(`${save}`))
      await new Promise((resolve) => setTimeout(resolve, 15))
    }
    await eventually(async () => expect(await host.ask('r_saved')).toBe(`{"results":${SAVES}}`))
    going = false
    await Promise.all(clients)
    expect(wrong).toEqual([])
    expect(asked).toBeGreaterThan(SAVES)
    await eventually(async () => expect((await host.status()).pool.runners).toBeLessThanOrEqual(8))
  })

  /** Settles when that version is served. */
  async function saved(value: string, latch: Latch): Promise<void> {
    const before = (await host.told('r_waits')).length
    host.save('r_waits', waiting(value, latch))
    await eventually(async () => expect((await host.told('r_waits')).slice(before)).toEqual(['reloaded']))
  }
})
