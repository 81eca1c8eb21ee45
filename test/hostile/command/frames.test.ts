import { afterAll, beforeAll, describe, it } from 'vitest'
import { COMMAND_MODULES, commandModules } from '../../support/command_modules.ts'
import { ANSWERS, HostileServer } from '../../support/hostile_server.ts'
import { eventually } from '../../support/processes.ts'

const { genericWithResults: ended, timeout } = ANSWERS
const ANSWERED = '{"results":"answered"}'

describe('a program that speaks frames', () => {
  let host: HostileServer
  beforeAll(async () => {
    host = await HostileServer.start({ modules: commandModules('frames'), args: ['--modules', COMMAND_MODULES], config: { limits: { outputMb: 1 } } })
  })
  afterAll(() => host?.[Symbol.asyncDispose]())

  const CASES = [
    { how: 'prints to stdout', module: 'prints', outcome: 'PROTOCOL_VIOLATION', says: /expected a frame, found "hello, I am at work\\n.*print to stderr instead/ },
    { how: 'prints a line that begins with digits', module: 'prints_number', outcome: 'PROTOCOL_VIOLATION', says: /expected a frame, found "12:30 started/ },
    { how: 'sends a second frame', module: 'forges', outcome: 'PROTOCOL_VIOLATION', says: /expected one frame for a query, found 2/ },
    { how: 'guesses an id', module: 'guesses', outcome: 'PROTOCOL_VIOLATION', says: /expected the id of the query/ },
    { how: 'announces four gigabytes', module: 'huge', outcome: 'OUTPUT_TOO_LARGE', says: /4294967295 bytes/ },
    { how: 'answers more than it may', module: 'large', outcome: 'OUTPUT_TOO_LARGE', says: /at most/ },
    { how: 'sends a frame without a header', module: 'no_header', outcome: 'PROTOCOL_VIOLATION', says: /header/ },
    { how: 'sends a frame before it was asked', module: 'speaks_first', outcome: 'PROTOCOL_VIOLATION', says: /expected (the id of the query|one frame)/ },
    { how: 'exits', module: 'exits', outcome: 'MODULE_CRASHED', says: /exit status 4 before it had answered: a reason/ },
    { how: 'exits with status 0', module: 'exits_well', outcome: 'MODULE_CRASHED', says: /exit status 0 before it had answered/ },
    { how: 'closes its descriptors and stays', module: 'closes', outcome: 'MODULE_CRASHED', says: /it closed its stdout before it had answered/ },
    { how: 'reads address zero', module: 'dies', outcome: 'MODULE_CRASHED', says: /SIGSEGV/ },
  ] as const

  for (const { how, module, outcome, says } of CASES) {
    it(`is ended when it ${how}, and the next query gets a new one`, async ({ expect }) => {
      for (let turn = 0; turn < 2; turn += 1) {
        const [asked, neighbour] = await Promise.all([host.ask(`frames_${module}`), host.neighbour()])
        expect(await host.told(asked)).toMatchObject({ outcome, blame: 'module', failure: expect.stringMatching(says) })
        expect(asked).toMatchObject({ status: 200, body: ended })
        expect(neighbour).toContain('echo')
      }
      await eventually(() => expect(host.strays()).toEqual([]))
    })
  }

  for (const [how, module] of [['stops itself', 'stops'], ['sends half a frame', 'half'], ['never reads a body of four megabytes', 'ignores_stdin']] as const) {
    it(`is ended at the deadline when it ${how}`, async ({ expect }) => {
      const answer = await host.ask(`frames_${module}`, { timeout: 1, padding: 'x'.repeat(4 << 20) })
      expect(answer).toMatchObject({ status: 200, body: timeout })
      expect(await host.told(answer)).toMatchObject({ outcome: 'MODULE_TIMED_OUT' })
      await eventually(() => expect(host.strays()).toEqual([]))
    })
  }

  it('that speaks when nobody asked is ended, and spoils no query', async ({ expect }) => {
    for (let turn = 1; turn <= 2; turn += 1) {
      expect((await host.ask('frames_speaks_later')).body).toBe(ANSWERED)
      await eventually(() => expect(host.server.log().split('expected no frame before the next query').length).toBe(turn + 1))
    }
  })

  it('may flood its log', async ({ expect }) => {
    const before = host.usage().megabytes
    const answer = await host.ask('frames_floods_stderr')
    expect(answer.body).toBe(ANSWERED)
    expect(host.usage().megabytes - before).toBeLessThan(100)
    await eventually(() => expect(host.printed(answer).at(-1)).toMatch(/the rest is dropped/))
  })

  it('stays for as long as it rests: the same process answers seconds later', async ({ expect }) => {
    const first = (await host.ask('frames_pid')).body
    await new Promise((resolve) => setTimeout(resolve, 4500))
    expect((await host.ask('frames_pid')).body).toBe(first)
  })
})
