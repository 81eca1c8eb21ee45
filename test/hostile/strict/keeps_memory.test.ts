import { it } from 'vitest'
import { startStrict, Surroundings } from '../../support/strict_server.ts'

it('what a module takes where it is imported to be forked is held to its limit, though it undoes that', async ({ expect }) => {
  await using host = await startStrict(['keeps_memory'], { config: { limits: { memoryMb: 64 } } })
  const surroundings = new Surroundings(host)
  expect(await host.told(await host.ask('keeps_memory'))).toMatchObject({
    outcome: 'MODULE_OUT_OF_MEMORY', failure: expect.stringContaining('importing the module took more than 64 MB'),
  })
  await surroundings.expectAsBefore()
})
