import { it } from 'vitest'
import { ANSWERS, HOSTILE_MODULES } from '../../support/hostile_server.ts'
import { startStrict, Surroundings } from '../../support/strict_server.ts'

it('a module that crashes five times is off, which is to be seen, and its queries are not tried again', async ({ expect }) => {
  await using host = await startStrict(['segfault'], { root: HOSTILE_MODULES })
  const surroundings = new Surroundings(host)
  const outcomes = []
  for (let i = 0; i < 6; i += 1) outcomes.push((await host.told(await host.ask('segfault'))).outcome)
  expect(outcomes).toEqual([...Array.from({ length: 5 }, () => 'MODULE_CRASHED'), 'SANDBOX_UNAVAILABLE'])
  expect((await host.ask('segfault')).body).toBe(ANSWERS.unavailable)
  const { offUntil } = (await (await fetch(host.url('/api/v1/modules/segfault'))).json()) as { offUntil: string }
  expect(Date.parse(offUntil)).toBeGreaterThan(Date.now() + 200_000)
  await surroundings.expectAsBefore()
})
