import { renameSync } from 'node:fs'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { module, ReloadServer } from '../../support/reload_server.ts'
import { eventually } from '../../support/processes.ts'

describe('what is saved below a root', () => {
  let host: ReloadServer
  beforeAll(async () => { host = await ReloadServer.start({ files: { 'expansion/r_there.py': module('"first"') } }) })
  afterAll(async () => { await host?.[Symbol.asyncDispose]() })

  it('is served: a new module', async ({ expect }) => {
    host.save('r_new', module('"new"'))
    await host.answers('r_new', 'new')
    expect(await host.names()).toEqual(['r_new', 'r_there'])
    expect(await host.told('r_new')).toEqual(['loaded'])
  })

  it('is served: a changed module, and nothing else is touched', async ({ expect }) => {
    await host.answers('r_there', 'first')
    host.save('r_there', module('"second"'))
    await host.answers('r_there', 'second')
    expect([await host.told('r_there'), await host.told('r_new')]).toEqual([['reloaded'], ['loaded']])
  })

  it('is served under the name that it has now', async ({ expect }) => {
    renameSync(host.path('r_new'), host.path('r_renamed'))
    await host.answers('r_renamed', 'new')
    await eventually(async () => expect(await host.names()).toEqual(['r_renamed', 'r_there']))
    expect([await host.told('r_new'), await host.told('r_renamed')]).toEqual([['loaded', 'no longer there'], ['loaded']])
  })

  it('is no longer served when it is gone, and its runners are not kept', async ({ expect }) => {
    host.remove('r_renamed')
    await eventually(async () => expect(await host.names()).toEqual(['r_there']))
    expect(await host.ask('r_renamed')).toContain('Something went wrong')
    await eventually(async () => expect(Object.keys((await host.status()).pool.runnersByModule)).toEqual(['r_there']))
  })
})
