import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { makeVenv } from '../../sandboxes/python/wheels.ts'
import { cli, CLI_MODULES, startCli, stateForTest, type StateForTest } from '../../support/cli.ts'
import { eventually } from '../../support/processes.ts'

let state: StateForTest
/** An interpreter without misp-modules: the few modules of these tests are described at once. */
let bare: readonly string[]
beforeAll(async () => {
  state = await stateForTest()
  const python = makeVenv(join(state.path, 'bare'), undefined)
  bare = ['--state', join(state.path, 's'), '--python', python, '--log-format', 'json']
})
afterAll(() => state[Symbol.dispose]())

/** Without the name of a command, as upstream is started. */
const start = (...flags: string[]) => cli([...flags, ...bare])
const ANY_PORT = ['-p', '0', '-l', '127.0.0.1']

describe("upstream's flags", () => {
  it('-t starts, binds the port, says so and ends with status 0', async ({ expect }) => {
    const { status, out, err } = await start('-t', ...ANY_PORT)
    const lines = err.trim().split('\n').map((line) => JSON.parse(line) as { msg: string; port?: number })
    expect(lines.find(({ msg }) => msg.startsWith('MISP modules server started on 127.0.0.1:'))?.port).toBeGreaterThan(0)
    expect(lines.at(-1)?.msg).toBe('started in test mode, ending immediately')
    expect({ status, out }).toEqual({ status: 0, out: '' })
  })

  it('may be cut short as far as upstream knows no other that begins so', async ({ expect }) => {
    const { status, err } = await start('--tes', '--po', '0', '--list', '127.0.0.1', '--cust', CLI_MODULES, '--sys', 'x')
    expect(err).toContain('"msg":"started in test mode, ending immediately"')
    expect(err).toContain('"module":"lacks_package"')
    expect(status).toBe(0)
  })

  it('--debug-e is --debug-extended, with its warning', async ({ expect }) => {
    const { status, err } = await start('--debug-e', '-t', ...ANY_PORT)
    expect(err).toContain('"msg":"--debug-extended: request bodies and HTTP exchanges are logged with the credentials in them"')
    expect(status).toBe(0)
  })

  it('may be joined, and have their values joined or behind =', async ({ expect }) => {
    expect(await start('-tdp0', '-l127.0.0.1', '--custom=')).toMatchObject({ status: 0 })
  })

  const refused: readonly [string, readonly string[], string][] = [
    ['--deb, which fits two', ['--deb', '-t'], `unknown option '--deb'`],
    ['-s without a value', ['-s'], 'argument missing'],
    ['a port that is no number', ['-p', 'abc'], '--port: '],
    ['a flag that there is not', ['--frob'], `unknown option '--frob'`],
  ]
  for (const [title, flags, said] of refused) {
    it(`are refused with status 2: ${title}`, async ({ expect }) => {
      const { status, err } = await cli(flags)
      expect(err).toContain(said)
      expect(status).toBe(2)
    })
  }

  it('-h ends with status 0', async ({ expect }) => {
    expect(await cli(['-h'])).toMatchObject({ status: 0, out: expect.stringContaining('Usage: misp-module-host') })
  })
})

describe('a server that cannot start ends with status 1', () => {
  it('where its port is in use, and names the process that has it', async ({ expect }) => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const { status, err } = await start('-t', '-l', '127.0.0.1', '-p', String(port))
    other.close()
    expect(err).toContain(`cannot listen at '127.0.0.1' port ${port}: it is in use by process ${process.pid} (`)
    expect(status).toBe(1)
  })

  it.for([
    ['an address of another machine', ['-l', '192.0.2.1'], "cannot listen at '192.0.2.1' port 0: "],
    ['a name that nobody has', ['-l', 'no-such-name.invalid'], "found the unknown name 'no-such-name.invalid'"],
    ['a custom root that is not there', ['-c', '/nowhere/at/all'], 'expected /nowhere/at/all to be a folder with modules'],
    ['a root that is a file', ['--modules', '/etc/passwd'], 'expected /etc/passwd to be a folder with modules'],
  ] as const)('for %s', async ([, flags, said], { expect }) => {
    const { status, err } = await start('-t', '-p', '0', ...flags)
    expect(err.trimEnd().split('\n').at(-1)).toContain(said)
    expect(status).toBe(1)
  })
})

describe('a server that runs', () => {
  it.for(['SIGINT', 'SIGTERM'] as const)('ends with status 0 at %s', async (signal, { expect }) => {
    const running = startCli(['serve', ...ANY_PORT, ...bare])
    await eventually(() => expect(running.err()).toContain('server started on'), 40_000)
    running.kill(signal)
    expect(await running.ended).toMatchObject({ status: 0, err: expect.stringContaining('"msg":"ended"') })
  })

  it('is told by flag, variable and file, in this order', async ({ expect }) => {
    const file = join(state.path, 'config.json')
    writeFileSync(file, JSON.stringify({ server: { port: 1, listen: '192.0.2.1' }, log: { level: 'error' } }))
    const env = { PATH: process.env['PATH'], MISP_MODULE_HOST_CONFIG: file, MISP_MODULE_HOST_LISTEN: '127.0.0.1', MISP_MODULE_HOST_LOG_LEVEL: 'info' }
    const { status, err } = await cli(['-t', '--port', '0', ...bare], { env })
    expect(err).toMatch(/"msg":"MISP modules server started on 127\.0\.0\.1:\d{4,5}"/)
    expect(status).toBe(0)
  })
})
