import { it } from 'vitest'
import { ANSWERS, HOSTILE_MODULES } from '../../support/hostile_server.ts'
import { startStrict, Surroundings } from '../../support/strict_server.ts'

it('a module that prints, or writes frames of its own, changes no answer', async ({ expect }) => {
  await using host = await startStrict(['forges_frames', 'prints_much', 'closes_descriptors', 'os_exit'], { root: HOSTILE_MODULES })
  const surroundings = new Surroundings(host)
  for (const way of ['guess', 'too_long', 'not_json', 'ready_again']) {
    const answer = await host.ask('forges_frames', { way, timeout: 20 })
    expect(answer.body).toBe(ANSWERS.genericWithResults)
    expect(['PROTOCOL_VIOLATION', 'OUTPUT_TOO_LARGE']).toContain((await host.told(answer)).outcome)
  }
  expect((await host.ask('forges_frames', { way: 'none' })).body).toBe('{"results":"honest"}')
  expect((await host.ask('prints_much')).body).toBe('{"results":"printed"}')
  expect((await host.told(await host.ask('os_exit'))).outcome).toBe('MODULE_CRASHED')
  await host.ask('closes_descriptors', { timeout: 5 })
  await surroundings.expectAsBefore()
})
