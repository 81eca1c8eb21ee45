import { it } from 'vitest'
import { startStrict, Surroundings } from '../../support/strict_server.ts'

it('what a module does when it is imported is held as its handler is', async ({ expect }) => {
  await using host = await startStrict(['imports_and_tries'])
  const surroundings = new Surroundings(host)
  const { body } = await host.ask('imports_and_tries')
  expect(JSON.parse(body)).toEqual({ results: ['EPERM', 'EROFS', 'ENOENT'] })
  await surroundings.expectAsBefore()
})
