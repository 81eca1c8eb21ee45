import { afterAll, beforeAll, describe, it } from 'vitest'
import { FORMS, HostileServer } from '../support/hostile_server.ts'
import { eventually } from '../support/processes.ts'

const LINES = 50
const KILOBYTES = 8
/** Text of one line that is kept, with the mark that it was cut. */
const LINE_BYTES = 8192 + 10
/** Liveness bounds: reading what is then thrown away takes a second for each, and all of them run at once on whatever cores there are. */
const SOON_MS = 40_000
const TOLD_MS = 20_000
/** The host reads three floods at a time. */
const MEGABYTES = 150

const CASES: readonly (readonly [what: string, module: string, request: object, answer: string])[] = [
  ['a hundred megabytes in lines of one', 'prints_much', {}, '{"results":"printed"}'],
  ['a hundred megabytes in one line', 'prints_much', { one_line: true }, '{"results":"printed"}'],
  ['short lines to stdout and stderr as fast as it can', 'floods', { seconds: 1 }, '{"results":"flooded"}'],
]

for (const form of FORMS) {
  describe.concurrent(`${form}: a module may print whatever it likes and is answered for what it returns:`, () => {
    let host: HostileServer
    let before: number
    beforeAll(async () => {
      const limits = { logLines: LINES, logKb: KILOBYTES }
      host = await HostileServer.start({ form, modules: ['prints_much', 'floods', 'prints', 'sleeps'], config: { limits } })
      before = host.usage().megabytes
    })
    afterAll(() => host?.[Symbol.asyncDispose]())

    for (const [what, module, request, body] of CASES) {
      it(what, async ({ expect }) => {
        const asked = host.ask(module, request)
        expect(await host.neighbour()).toContain('echo')
        const answer = await asked
        expect(answer).toMatchObject({ status: 200, body })
        expect(answer.ms).toBeLessThan(SOON_MS)
        // What it printed is in the log up to the caps, under its query, and that the rest is missing is said.
        await eventually(() => expect(host.printed(answer).at(-1)).toMatch(/the rest is dropped/), TOLD_MS)
        const lines = host.printed(answer).slice(0, -1)
        expect(lines.length).toBeGreaterThanOrEqual(1)
        expect(lines.length).toBeLessThanOrEqual(LINES)
        expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(LINE_BYTES)
        expect(lines.join('').length).toBeLessThanOrEqual(KILOBYTES * 1024 + LINE_BYTES)
        expect(host.usage().megabytes).toBeLessThan(before + MEGABYTES)
      })
    }

    it('and the next query has a log of its own', async ({ expect }) => {
      const answer = await host.ask('prints')
      await eventually(() => expect(host.printed(answer).toSorted()).toEqual(['printed on stderr', 'printed on stdout', 'written to descriptor 1']), TOLD_MS)
    })
  })
}
