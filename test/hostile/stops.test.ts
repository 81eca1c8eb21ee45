import { describe, it } from 'vitest'
import { ANSWERS, HOSTILE_ISOLATES, HostileServer } from '../support/hostile_server.ts'
import { eventually } from '../support/processes.ts'

const GRACE = 1
/** The grace period, a second in which answers leave, and what a busy machine needs to end processes. */
const STOPPED_MS = (GRACE + 1) * 1000 + 8000

describe('SIGTERM ends the host within its grace period, whatever runs (X5)', () => {
  it.for([
    ['an isolate that cannot be stopped', 'cannot_be_stopped', { how: 'looks through an array that is too long' }],
    ['an isolate that loops', 'never_ends', { how: 'loops' }],
    ['Python that ignores every signal', 'hang', {}],
    ['Python that loops in C', 'spin_in_c', {}],
  ] as const)('%s', async ([, module, request], { expect }) => {
    await using host = await HostileServer.start({
      modules: ['cannot_be_stopped', 'never_ends', 'hang', 'spin_in_c'], args: ['--modules', HOSTILE_ISOLATES], config: { server: { graceSeconds: GRACE } },
    })
    const asked = host.ask(module, { ...request, timeout: 50 })
    await eventually(async () => expect((await host.status()).queue).toMatchObject({ running: 1, waiting: 0 }), 20_000)
    const began = performance.now()
    process.kill(host.pid, 'SIGTERM')
    expect(await host.server.exited).toBe(0)
    expect(performance.now() - began).toBeLessThan(STOPPED_MS)
    expect((await asked).body).toBe(ANSWERS.shuttingDown)
    await eventually(() => expect(host.processes()).toEqual([]))
  })
})
