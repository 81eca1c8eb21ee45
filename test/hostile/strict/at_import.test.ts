import { it } from 'vitest'
import { startStrict, Surroundings } from '../../support/strict_server.ts'

it('what a module does when it is imported is held as its handler is', async ({ expect }) => {
  await using host = await startStrict(['imports_and_tries'])
  const surroundings = new Surroundings(host)
  const { body } = await host.ask('imports_and_tries')
  // What is imported before its runners are forked has no room for a process; what is imported after that may not start one.
  expect(JSON.parse(body)).toEqual({ results: [expect.stringMatching(/^E(AGAIN|PERM)$/), 'EROFS', 'ENOENT'] })
  await surroundings.expectAsBefore()
})
