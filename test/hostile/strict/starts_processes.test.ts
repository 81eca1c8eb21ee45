import { it } from 'vitest'
import { startStrict, Surroundings, tried } from '../../support/strict_server.ts'

it('a module in Python starts no process, and becomes no other program', async ({ expect }) => {
  await using host = await startStrict(['tries'])
  const surroundings = new Surroundings(host)
  expect(await tried(host, [['fork'], ['run', '/usr/bin/python3'], ['replace_itself', '/proc/self/exe'], ['run', '/usr/bin/sudo'], ['run', '/bin/sh']]))
    .toEqual(['EPERM', 'EPERM', 'EPERM', 'EPERM', 'EPERM'])
  const [started] = await tried(host, [['threads', 1000]])
  expect(started).toBeGreaterThan(10)
  expect(started).toBeLessThan(256)
  await surroundings.expectAsBefore()
})

it('a program that starts processes without end has 256, and others can still start', async ({ expect }) => {
  // Pages that children share with their parents count once for each: the memory of so many is more than a module has.
  await using host = await startStrict(['forks_forever', 'tries'], { config: { modules: { forks_forever: { memoryMb: 8192 } } } })
  const surroundings = new Surroundings(host)
  const [first, second] = await Promise.all([host.ask('forks_forever'), host.ask('forks_forever')])
  for (const { body } of [first, second]) {
    const { results } = JSON.parse(body) as { results: number }
    expect(results).toBeGreaterThan(100)
    expect(results).toBeLessThan(256)
  }
  expect(await tried(host, [['threads', 20]])).toEqual([20])
  await surroundings.expectAsBefore()
})

it('memory of a process that is no longer below its program counts as the module\'s', async ({ expect }) => {
  await using host = await startStrict(['eats_as_daemon'], { config: { modules: { eats_as_daemon: { memoryMb: 100, timeout: 20 } } } })
  const surroundings = new Surroundings(host)
  expect((await host.told(await host.ask('eats_as_daemon'))).outcome).toBe('MODULE_OUT_OF_MEMORY')
  await surroundings.expectAsBefore()
})
