import { afterAll, beforeAll, describe, it } from 'vitest'
import { ANSWERS, FORMS, HostileServer } from '../support/hostile_server.ts'
import { eventually } from '../support/processes.ts'

const { genericWithResults, timeout } = ANSWERS
/** A way to forge, and what becomes of the query. */
const CASES: readonly (readonly [what: string, way: string, body: string, outcome: string])[] = [
  ['an answer with an id that it made up', 'guess', genericWithResults, 'PROTOCOL_VIOLATION'],
  ['a frame of four gigabytes', 'too_long', genericWithResults, 'OUTPUT_TOO_LARGE'],
  ['the beginning of a frame', 'unfinished', timeout, 'MODULE_TIMED_OUT'],
  ['a frame without a header', 'not_json', genericWithResults, 'PROTOCOL_VIOLATION'],
  ['a message of a type that there is not', 'unknown_type', genericWithResults, 'PROTOCOL_VIOLATION'],
  ['a second greeting', 'ready_again', genericWithResults, 'PROTOCOL_VIOLATION'],
  ['a reply that is none to a query', 'other_type', genericWithResults, 'PROTOCOL_VIOLATION'],
]

for (const form of FORMS) {
  describe.concurrent(`${form}: a module that writes to the descriptors of its runner speaks for nobody else, be it`, () => {
    let host: HostileServer
    beforeAll(async () => {
      host = await HostileServer.start({ form, modules: ['forges_frames', 'counter'] })
    })
    afterAll(() => host?.[Symbol.asyncDispose]())

    for (const [what, way, body, outcome] of CASES) {
      it(what, async ({ expect }) => {
        const request = { way, timeout: way === 'unfinished' ? 1 : 20 }
        const answers = await Promise.all([host.ask('forges_frames', request), host.ask('forges_frames', request)])
        answers.push(await host.ask('forges_frames', request))
        for (const answer of answers) {
          expect(answer).toMatchObject({ status: 200, body })
          expect(await host.told(answer)).toMatchObject({ outcome })
        }
        expect(await host.neighbour()).toContain('echo')
      })
    }

    it('the beginning of a long frame that nobody has asked for, which has no room in the host', { concurrent: false }, async ({ expect }) => {
      const violations = async (): Promise<number> => {
        const metrics = await (await fetch(host.url('/metrics'))).text()
        return Number(/^misp_module_host_runner_ends_total\{reason="PROTOCOL_VIOLATION"\} (\d+)/m.exec(metrics)?.[1] ?? 0)
      }
      const before = await violations()
      expect((await host.ask('forges_frames', { way: 'later' })).body).toBe('{"results":"honest"}')
      await eventually(async () => expect(await violations()).toBe(before + 1))
      expect(await (await fetch(host.url('/api/v1/status'))).json()).toMatchObject({ memory: { answerBytes: 0 } })
    })

    // When the others are over: the answer that is one too many may meet the next query of the module, whichever that is.
    it('the answer to its own query, which is its right, and one more than there may be', { concurrent: false }, async ({ expect }) => {
      const [forged, counted] = await Promise.all([host.ask('forges_frames', { way: 'own' }), host.ask('counter')])
      expect([forged.body, counted.body]).toEqual(['{"results":"forged"}', '{"results":1}'])
      await eventually(async () => expect((await host.ask('forges_frames', { way: 'none' })).body).toBe('{"results":"honest"}'))
    })
  })
}
