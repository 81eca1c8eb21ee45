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
