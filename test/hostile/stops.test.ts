import { it } from 'vitest'
import { ANSWERS, HOSTILE_ISOLATES, HostileServer } from '../support/hostile_server.ts'
import { eventually } from '../support/processes.ts'

const GRACE = 1
/** The grace period, a second in which answers leave, and what a busy machine needs to end processes. */
const STOPPED_MS = (GRACE + 1) * 1000 + 8000

/** What does not stop by itself: in V8's own code, in an isolate, with every signal ignored, in C. */
const STUCK: readonly (readonly [module: string, request: object])[] = [
  ['cannot_be_stopped', { how: 'looks through an array that is too long' }], ['never_ends', { how: 'loops' }], ['hang', {}], ['spin_in_c', {}],
]

it('SIGTERM ends the host within its grace period, however stuck isolates and Python are (X5)', async ({ expect }) => {
  await using host = await HostileServer.start({
    modules: STUCK.map(([module]) => module), args: ['--modules', HOSTILE_ISOLATES], config: { server: { graceSeconds: GRACE } },
  })
  const asked = STUCK.map(([module, request]) => host.ask(module, { ...request, timeout: 50 }))
  await eventually(async () => expect((await host.status()).queue).toMatchObject({ running: STUCK.length, waiting: 0 }), 30_000)
  const began = performance.now()
  process.kill(host.pid, 'SIGTERM')
  expect(await host.server.exited).toBe(0)
  expect(performance.now() - began).toBeLessThan(STOPPED_MS)
  for (const { body } of await Promise.all(asked)) expect(body).toBe(ANSWERS.shuttingDown)
  await eventually(() => expect(host.processes()).toEqual([]))
}, 120_000)
