import { it } from 'vitest'
import { startStrict, Surroundings, tried } from '../../support/strict_server.ts'

it('a query finds nothing of the one before', async ({ expect }) => {
  await using host = await startStrict(['tries'])
  const surroundings = new Surroundings(host)
  const [before] = await tried(host, [['find_state']])
  for (const mark of ['first', 'second']) {
    expect(await tried(host, [['leave_state', mark]])).toEqual(['left'])
    expect(await tried(host, [['find_state']])).toEqual([before])
  }
  expect(before).toMatchObject({ environment: null, module: null, files: [], cwd: '/tmp/' })
  await surroundings.expectAsBefore()
})

it('a query finds its own folder empty, whatever was put in its place before it came', async ({ expect }) => {
  await using host = await startStrict(['tries'])
  const surroundings = new Surroundings(host)
  const [before] = await tried(host, [['find_state']])
  for (const kind of ['folder', 'link', 'file']) {
    expect(await tried(host, [['squat', kind]])).toEqual(['squatted'])
    expect(await tried(host, [['find_state']])).toEqual([before])
  }
  await surroundings.expectAsBefore()
})

it('a query finds what the import of its own process has made, where that is not made before a fork', async ({ expect }) => {
  await using host = await startStrict(['keeps_a_file'])
  const surroundings = new Surroundings(host)
  const names = new Set<string>()
  for (let i = 0; i < 3; i += 1) {
    const [kept, name] = (JSON.parse((await host.ask('keeps_a_file')).body) as { results: [string, string] }).results
    expect(kept).toBe('kept')
    names.add(name)
  }
  expect(names.size).toBe(3)
  await surroundings.expectAsBefore()
})

it('a query cannot write to the memory of what waits for the next one', async ({ expect }) => {
  await using host = await startStrict(['tries'])
  const surroundings = new Surroundings(host)
  for (let i = 0; i < 3; i += 1) expect(await tried(host, [['memory_of_others']])).toEqual([['EACCES']])
  await surroundings.expectAsBefore()
})
