import { it } from 'vitest'
import { descendants } from '../../../sandboxes/process/process_tree.ts'
import { startOf } from '../../../sandboxes/process/process_start.ts'
import { COMMAND_MODULES, programOf } from '../../support/command_modules.ts'
import { ANSWERS, HOSTILE_MODULES, type HostileServer } from '../../support/hostile_server.ts'
import { eventually } from '../../support/processes.ts'
import { startStrict, Surroundings } from '../../support/strict_server.ts'

it('nothing of a cell is left when the host is killed', async ({ expect }) => {
  await using host = await startStrict(['hang', 'once_family', 'frames_stops'], { args: ['--modules', COMMAND_MODULES], root: HOSTILE_MODULES })
  for (const module of ['hang', 'once_family', 'frames_stops']) host.ask(module).catch(() => {})
  await eventually(() => expect(programs(host).length).toBeGreaterThan(2), 20_000)
  const members = descendants(host.pid).map((pid) => ({ pid, started: startOf(pid) }))
  expect(members.length).toBeGreaterThan(8)
  process.kill(host.pid, 'SIGKILL')
  await eventually(() => expect(members.filter(({ pid, started }) => started !== undefined && startOf(pid) === started)).toEqual([]))
})

it('a program that leaves a family, in a session of its own and with an empty environment, leaves nothing', async ({ expect }) => {
  await using host = await startStrict(['once_family', 'once_daemon', 'once_daemon_without_environment', 'once_kills_shim'], { root: COMMAND_MODULES })
  const surroundings = new Surroundings(host)
  for (const module of ['once_daemon', 'once_daemon_without_environment']) await host.ask(module, { timeout: 10 })
  expect((await host.ask('once_family', { timeout: 2 })).body).toBe(ANSWERS.timeout)
  await host.ask('once_kills_shim', { timeout: 5 })
  await eventually(() => expect(programs(host)).toEqual([]))
  await surroundings.expectAsBefore()
})

it('a module that does not end is ended, and so is one that has its cell ended', async ({ expect }) => {
  await using host = await startStrict(['hang', 'spin', 'kills_parent', 'kills_siblings', 'kills_group'], { root: HOSTILE_MODULES })
  const surroundings = new Surroundings(host)
  for (const module of ['hang', 'spin']) expect((await host.ask(module, { timeout: 2 })).body).toBe(ANSWERS.timeout)
  for (const module of ['kills_parent', 'kills_siblings', 'kills_group']) await host.ask(module, { timeout: 5 })
  await surroundings.expectAsBefore()
})

function programs(host: HostileServer): number[] {
  return descendants(host.pid).filter((pid) => /(once|frames)\.pl/.test(programOf(pid)))
}
