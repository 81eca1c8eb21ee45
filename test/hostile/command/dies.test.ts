import { describe, it } from 'vitest'
import { COMMAND_MODULES, programOf } from '../../support/command_modules.ts'
import { ANSWERS, HostileServer } from '../../support/hostile_server.ts'
import { eventually } from '../../support/processes.ts'

const MODULES = ['once_family', 'frames_stops']

describe('nothing of a program stays', () => {
  it('when the process above it is killed', async ({ expect }) => {
    await using host = await start()
    for (const module of MODULES) {
      const asked = host.ask(module)
      await eventually(() => expect(programs(host).length).toBeGreaterThan(module === 'once_family' ? 2 : 0))
      const [shim] = host.processes().filter((pid) => programOf(pid).includes('shim.js'))
      process.kill(shim as number, 'SIGKILL')
      expect(await asked).toMatchObject({ status: 200, body: ANSWERS.genericWithResults })
      await eventually(() => expect(programs(host)).toEqual([]))
    }
    expect(await host.neighbour()).toContain('echo')
  })

  it('when the host is killed', async ({ expect }) => {
    await using host = await start()
    for (const module of MODULES) host.ask(module).catch(() => {})
    await eventually(() => expect(programs(host).length).toBeGreaterThan(3))
    process.kill(host.pid, 'SIGKILL')
    await eventually(() => expect(programs(host)).toEqual([]))
  })

  it('when both are', async ({ expect }) => {
    await using host = await start()
    host.ask('frames_stops').catch(() => {})
    await eventually(() => expect(programs(host).length).toBe(1))
    const [shim] = host.processes().filter((pid) => programOf(pid).includes('shim.js'))
    for (const pid of [host.pid, shim as number]) process.kill(pid, 'SIGKILL')
    await eventually(() => expect(programs(host)).toEqual([]))
  })
})

function start(): Promise<HostileServer> {
  return HostileServer.start({ modules: MODULES, args: ['--modules', COMMAND_MODULES] })
}

function programs(host: HostileServer): number[] {
  return host.processes().filter((pid) => /(once|frames)\.pl/.test(programOf(pid)))
}
