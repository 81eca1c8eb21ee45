import { afterAll, beforeAll, describe, it } from 'vitest'
import { ANSWERS, FORMS, HostileServer } from '../support/hostile_server.ts'
import { eventually } from '../support/processes.ts'

/** A liveness bound: all of these are over in milliseconds. */
const SOON_MS = 15_000

interface Case {
  readonly how: string
  readonly module: string
  readonly request?: object
  readonly answer: string
  readonly outcome: string
  /** What the operator is told. */
  readonly says: RegExp
  /** Where it ends in the runner's own code and not in that of the process above: one form will do. */
  readonly once?: true
}

const { generic, genericWithResults: crashed } = ANSWERS
const CASES: readonly Case[] = [
  { how: 'calls sys.exit', module: 'sys_exit', answer: crashed, outcome: 'MODULE_CRASHED', says: /SystemExit/ },
  { how: 'calls sys.exit(3)', module: 'sys_exit', request: { status: 3, once: true }, answer: crashed, outcome: 'MODULE_CRASHED', says: /SystemExit: 3/, once: true },
  { how: 'calls os._exit(0)', module: 'os_exit', request: { status: 0 }, answer: crashed, outcome: 'MODULE_CRASHED', says: /exit status 0/ },
  { how: 'calls os._exit(9)', module: 'os_exit', request: { status: 9, once: true }, answer: crashed, outcome: 'MODULE_CRASHED', says: /exit status 9/, once: true },
  ...['BaseException', 'GeneratorExit', 'KeyboardInterrupt', 'SystemExit'].map((kind) => (
    { how: `raises ${kind}`, module: 'raises_base', request: { kind }, answer: crashed, outcome: 'MODULE_CRASHED', says: new RegExp(`${kind}: raised on purpose`), once: true as const })),
  { how: 'raises StopIteration', module: 'raises_base', request: { kind: 'StopIteration', once: true }, answer: generic, outcome: 'MODULE_THREW', says: /StopIteration/, once: true },
  { how: 'reads address zero', module: 'segfault', answer: crashed, outcome: 'MODULE_CRASHED', says: /SIGSEGV/ },
  { how: 'aborts', module: 'aborts', answer: crashed, outcome: 'MODULE_CRASHED', says: /SIGABRT/, once: true },
  { how: 'overflows the stack of C', module: 'recurses_in_c', answer: crashed, outcome: 'MODULE_CRASHED', says: /SIGSEGV/, once: true },
  { how: 'kills itself', module: 'signals_itself', request: { signal: 9 }, answer: crashed, outcome: 'MODULE_CRASHED', says: /SIGKILL/ },
  { how: 'terminates itself', module: 'signals_itself', request: { signal: 15, once: true }, answer: crashed, outcome: 'MODULE_CRASHED', says: /SIGTERM/, once: true },
  { how: 'interrupts itself', module: 'signals_itself', request: { signal: 2, once: true }, answer: crashed, outcome: 'MODULE_CRASHED', says: /KeyboardInterrupt/, once: true },
  { how: 'kills its whole group', module: 'kills_group', answer: crashed, outcome: 'MODULE_CRASHED', says: /SIGKILL/ },
  { how: 'closes every descriptor', module: 'closes_descriptors', answer: crashed, outcome: 'MODULE_CRASHED', says: /before it had answered/ },
]

for (const form of FORMS) {
  describe(`${form}: a module that ends its process is the only one to notice`, () => {
    let host: HostileServer
    beforeAll(async () => {
      host = await HostileServer.start({ form, modules: [...new Set(CASES.map(({ module }) => module)), 'exits_when_told', 'deep_tuples'] })
    })
    afterAll(() => host?.[Symbol.asyncDispose]())

    for (const { how, module, request, answer, outcome, says } of CASES.filter(({ once }) => !once || form === FORMS[0])) {
      it(`when it ${how}`, async ({ expect }) => {
        // Twice: the second query meets what the first has left.
        for (let turn = 0; turn < 2; turn += 1) {
          const [asked, neighbour] = await Promise.all([host.ask(module, request), host.neighbour()])
          expect(asked).toMatchObject({ status: 200, body: answer })
          expect(asked.ms).toBeLessThan(SOON_MS)
          expect(await host.told(asked)).toMatchObject({ outcome, blame: 'module', failure: expect.stringMatching(says) })
          expect(neighbour).toContain('echo')
        }
        await eventually(async () => expect(await host.leftovers()).toEqual([]))
      })
    }

    it('when its answer is nested so deep that writing it takes more stack than there is', async ({ expect }) => {
      const answer = await host.ask('deep_tuples')
      const { outcome } = await host.told(answer)
      // What writes it may crash or give up; nobody else is concerned.
      expect(['MODULE_CRASHED', 'BAD_RESULT']).toContain(outcome)
      expect(answer).toMatchObject({ status: 200, body: outcome === 'BAD_RESULT' ? generic : crashed })
      expect(await host.neighbour()).toContain('echo')
    })

    it('and so it is with queries that come one upon the other', async ({ expect }) => {
      const whether = Array.from({ length: 40 }, (_, at) => at % 4 === 1)
      const bodies = await Promise.all(whether.map(async (exit) => (await host.ask('exits_when_told', { exit })).body))
      expect(bodies).toEqual(whether.map((exit) => (exit ? crashed : '{"results":"stayed"}')))
    })
  })
}
