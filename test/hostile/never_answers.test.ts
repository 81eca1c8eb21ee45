import { afterAll, beforeAll, describe, it } from 'vitest'
import { ANSWERS, type Answer, FORMS, HostileServer, type Told } from '../support/hostile_server.ts'
import { eventually } from '../support/processes.ts'

/** A liveness bound: the queries have a second, and all of them run at once on whatever cores there are. */
const SOON_MS = 15_000
const SIGSTOP = 19

const CASES: readonly (readonly [how: string, module: string, request?: object])[] = [
  ['waits for ever, with every signal ignored', 'hang'],
  ['burns a processor', 'spin'],
  ['burns a processor in C, where Python sees no signal', 'spin_in_c'],
  ['stops its own process', 'signals_itself', { signal: SIGSTOP }],
  ['is traced by a process that it has started', 'traces_itself'],
]

for (const form of FORMS) {
  describe.concurrent(`${form}: a module that never answers is ended at the deadline of its query`, () => {
    let host: HostileServer
    beforeAll(async () => {
      host = await HostileServer.start({ form, modules: CASES.map(([, module]) => module) })
    })
    afterAll(() => host?.[Symbol.asyncDispose]())

    for (const [how, module, request] of CASES) {
      it(`when it ${how}`, async ({ expect }) => {
        const answers = await Promise.all([1, 2].map(() => begun(host, module, request)))
        for (const { answer, told } of answers) {
          expect(answer).toMatchObject({ status: 200, body: ANSWERS.timeout })
          expect(answer.ms).toBeLessThan(SOON_MS)
          expect(told).toMatchObject({ outcome: 'MODULE_TIMED_OUT', blame: 'module', failure: expect.stringMatching(/did not answer/) })
        }
        expect(await host.neighbour()).toContain('echo')
        await eventually(async () => expect(await host.leftovers()).toEqual([]))
      })
    }
  })
}

/** Asks until a runner got the query: on a busy machine the time may be up before there is one. */
async function begun(host: HostileServer, module: string, request: object | undefined): Promise<{ answer: Answer; told: Told }> {
  for (;;) {
    const answer = await host.ask(module, { ...request, timeout: 1 })
    const told = await host.told(answer)
    if (!told.failure?.startsWith('no runner')) return { answer, told }
  }
}
