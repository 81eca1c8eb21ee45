import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { COMMAND_MODULES, commandModules, programOf } from '../../support/command_modules.ts'
import { ANSWERS, HostileServer } from '../../support/hostile_server.ts'
import { alive, eventually } from '../../support/processes.ts'

const { generic, genericWithResults: ended, timeout } = ANSWERS
const ANSWERED = '{"results":"answered"}'
/** A liveness bound: all of these are over in milliseconds. */
const SOON_MS = 15_000

describe('a program that is started for each query', () => {
  let host: HostileServer
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'programs-'))
    // The modules have another account.
    chmodSync(folder, 0o777)
    host = await HostileServer.start({
      modules: commandModules('once'),
      args: ['--modules', COMMAND_MODULES],
      config: {
        limits: { outputMb: 64, fileMb: 2, descriptors: 64 },
        modules: { once_eats_in_child: { memoryMb: 100 } },
      },
    })
  })
  afterAll(async () => {
    await host?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  const CASES = [
    { how: 'exits with a status', module: 'exits', request: { status: 3 }, body: generic, outcome: 'MODULE_THREW', says: /exit status 3, and it wrote nothing to stderr/ },
    { how: 'exits with a status and a reason', module: 'exits', request: { status: 9, reason: 1 }, body: generic, outcome: 'MODULE_THREW', says: /exit status 9: a reason/ },
    { how: 'is killed', module: 'signals_itself', request: { signal: 'KILL' }, body: ended, outcome: 'MODULE_CRASHED', says: /SIGKILL/ },
    { how: 'reads address zero', module: 'signals_itself', request: { signal: 'SEGV' }, body: ended, outcome: 'MODULE_CRASHED', says: /SIGSEGV/ },
    { how: 'kills the process above it', module: 'kills_shim', request: {}, body: ended, outcome: 'MODULE_CRASHED', says: /before it had answered/ },
    { how: 'says nothing', module: 'says_nothing', request: {}, body: generic, outcome: 'BAD_RESULT', says: /in JSON, found nothing/ },
    { how: 'answers in Latin-1', module: 'not_utf8', request: {}, body: generic, outcome: 'BAD_RESULT', says: /UTF-8/ },
    { how: 'writes without an end', module: 'floods_stdout', request: {}, body: ended, outcome: 'OUTPUT_TOO_LARGE', says: /more than 67108864 bytes/ },
    { how: 'writes a larger file than it may', module: 'fills_disk', request: { megabytes: 3 }, body: ended, outcome: 'MODULE_CRASHED', says: /SIGXFSZ/ },
    { how: 'takes memory in a child', module: 'eats_in_child', request: {}, body: ended, outcome: 'MODULE_OUT_OF_MEMORY', says: /MB more/ },
  ] as const

  for (const { how, module, request, body, outcome, says } of CASES) {
    it(`is told on when it ${how}, and nobody else notices`, async ({ expect }) => {
      for (let turn = 0; turn < 2; turn += 1) {
        const [asked, neighbour] = await Promise.all([host.ask(`once_${module}`, request), host.neighbour()])
        expect(await host.told(asked)).toMatchObject({ outcome, blame: 'module', failure: expect.stringMatching(says) })
        expect(asked).toMatchObject({ status: 200, body })
        expect(neighbour).toContain('echo')
      }
      await eventually(() => expect(host.strays()).toEqual([]))
    })
  }

  it('may leave a body of four megabytes unread, or close its stdin', async ({ expect }) => {
    for (const module of ['once_ignores_stdin', 'once_closes_stdin']) {
      const answer = await host.ask(module, { padding: 'x'.repeat(4 << 20) })
      expect(answer).toMatchObject({ status: 200, body: ANSWERED })
      expect(answer.ms).toBeLessThan(SOON_MS)
    }
  })

  it('has answered when it has exited, not before: its author is told', async ({ expect }) => {
    // Time for a busy machine to start them.
    for (const answer of await Promise.all(['once_lingers', 'once_waits'].map((module) => host.ask(module, { timeout: 3 })))) {
      expect(answer).toMatchObject({ status: 200, body: timeout })
      expect(await host.told(answer)).toMatchObject({ outcome: 'MODULE_TIMED_OUT' })
      await eventually(() => expect(host.printed(answer)).toEqual([expect.stringMatching(/written 22 bytes to stdout and had not exited/)]))
    }
    await eventually(() => expect(host.strays()).toEqual([]))
  })

  it('is ended at its deadline when it closes its descriptors and stays (S6)', async ({ expect }) => {
    const answer = await host.ask('once_closes_all', { timeout: 1 })
    expect(answer).toMatchObject({ status: 200, body: timeout })
    expect(await host.told(answer)).toMatchObject({ outcome: 'MODULE_TIMED_OUT', blame: 'module' })
    await eventually(() => expect(programsOf(host)).toEqual([]))
  })

  it('is ended at its deadline, with its family in sessions of their own', async ({ expect }) => {
    const asked = [host.ask('once_family', { timeout: 2 }), host.ask('once_spins', { timeout: 2 })]
    await eventually(() => expect(host.strays().length).toBeGreaterThan(0))
    for (const answer of await Promise.all(asked)) expect(answer).toMatchObject({ status: 200, body: timeout })
    await eventually(() => expect(programsOf(host)).toEqual([]))
  })

  it('leaves no daemon behind that holds its stdout', async ({ expect }) => {
    const file = join(folder, 'daemon')
    const answer = await host.ask('once_daemon', { pid_file: file })
    expect(answer).toMatchObject({ status: 200, body: ANSWERED })
    expect(answer.ms).toBeLessThan(SOON_MS)
    await eventually(() => expect(alive(Number(readFileSync(file, 'utf8')))).toBe(false))
  })

  it('is answered for although a daemon without an environment holds its stdout', async ({ expect }) => {
    const file = join(folder, 'bare')
    const answer = await host.ask('once_daemon_without_environment', { pid_file: file })
    expect(answer).toMatchObject({ status: 200, body: ANSWERED })
    expect(answer.ms).toBeLessThan(SOON_MS)
    // This is the one that gets away: ARCHITECTURE.md says so.
    await eventually(() => expect(Number(readFileSync(file, 'utf8'))).toBeGreaterThan(1))
    process.kill(Number(readFileSync(file, 'utf8')), 'SIGKILL')
  })

  it('may flood its log: what is beyond the caps is dropped, and the host does not grow', async ({ expect }) => {
    const before = host.usage().megabytes
    const answer = await host.ask('once_floods_stderr')
    expect(answer.body).toBe(ANSWERED)
    expect(host.usage().megabytes - before).toBeLessThan(100)
    await eventually(() => expect(host.printed(answer).at(-1)).toMatch(/the rest is dropped/))
  })

  it('has no more descriptors than its limit', async ({ expect }) => {
    const { results } = JSON.parse((await host.ask('once_opens_descriptors')).body) as { results: number }
    expect(results).toBeGreaterThan(30)
    expect(results).toBeLessThan(64)
  })
})

/** Programs of modules and what they have started. */
function programsOf(host: HostileServer): number[] {
  return host.processes().filter((pid) => programOf(pid).includes('once.pl'))
}
