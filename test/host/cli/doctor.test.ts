import { once } from 'node:events'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { checkResolver } from '../../../host/doctor/machine.ts'
import { shippedModules } from '../../modules/shipped_modules.ts'
import { makeVenv, temporaryFolder } from '../../sandboxes/python/wheels.ts'
import { cli, CLI_MODULES, ownEnvironment, stateForTest, type CliRun, type StateForTest } from '../../support/cli.ts'

interface Check {
  readonly what: string
  readonly verdict: 'ok' | 'warn' | 'missing'
  readonly found: string
  readonly needed?: string
  readonly mend?: string
}

let state: StateForTest
/** An interpreter without misp-modules, and the few modules of these tests. */
let bare: readonly string[]
beforeAll(async () => {
  state = await stateForTest({ described: true })
  const python = makeVenv(join(state.path, 'bare'), undefined)
  bare = ['--python', python, '--state', join(state.path, 's'), '--port', '0']
})
afterAll(() => state[Symbol.dispose]())

const checksOf = ({ out }: CliRun) => new Map((JSON.parse(out) as Check[]).map((check) => [check.what, check]))
const isRoot = process.getuid?.() === 0

describe('doctor', () => {
  it('says of everything needed that it is there, and ends with status 0', async ({ expect }) => {
    const run = await cli(['doctor', '--json', '--port', '0', ...state.args])
    const checks = checksOf(run)
    expect([...checks.values()].filter(({ verdict }) => verdict === 'missing')).toEqual([])
    expect(run.status).toBe(0)
    for (const what of ['node', 'npm packages', 'isolated-vm', 'compiler', 'state folder', 'sockets', 'python', 'misp-modules', 'making environments', '/proc', 'pymisp', 'orjson', 'kernel', 'resolver', 'port']) {
      expect(checks.get(what)?.verdict, what).toBe('ok')
    }
    const all = 208 + shippedModules().length
    expect(checks.get('modules')).toMatchObject({ verdict: 'ok', found: `${all} of ${all} load` })
    expect(checks.get('python')?.found).toMatch(/^Python 3\.\d+\.\d+ at \S+ \(--python\)$/)
    expect(checks.has('system packages')).toBe(true)
    if (isRoot) expect(checks.get('the account "nobody" runs python')?.verdict).toBe('ok')
  }, 120_000)

  it('has a line for each: what was found, what is needed, which command mends it', async ({ expect }) => {
    const { status, out } = await cli(['doctor', '--modules', CLI_MODULES, ...bare])
    expect(out).toMatch(/^ +check +found\n/)
    expect(out).toMatch(/^warn +misp-modules +not installed for \S+; needed: misp-modules==3\.1\.0, without which only custom modules are served; mend it with: misp-module-host python install --python \S+$/m)
    expect(out).toMatch(/^warn +pymisp +not installed; needed: for most of misp-modules; mend it with: \S+ -m pip install pymisp$/m)
    expect(out).toMatch(/^warn +modules +9 of 11 load, not countrycode and lacks_package; needed: what the list says of each; mend it with: misp-module-host list --failed$/m)
    expect(out).toMatch(/\n\nEverything that serving needs is there\. Less than it could be: .*misp-modules, .*modules\.\n$/)
    expect(status).toBe(0)
  })

  it('ends with status 1 where something needed is missing, and looks at the rest all the same', async ({ expect }) => {
    const env = { ...ownEnvironment(), PATH: '/nowhere' }
    const run = await cli(['doctor', '--json', '--state', '/etc/passwd/s', '-c', '/nowhere/at/all', '-l', 'no-such-name.invalid'], { env })
    const checks = checksOf(run)
    expect([...checks.values()].filter(({ verdict }) => verdict === 'missing').map(({ what }) => what))
      .toEqual(['state folder', 'python', 'making environments', 'module roots', 'port'])
    expect(checks.get('python')).toMatchObject({ found: expect.stringContaining('no environment with misp-modules'), mend: 'misp-module-host python install' })
    expect(checks.get('making environments')).toMatchObject({ found: 'no python3 in any folder of PATH (/nowhere)', mend: 'apt-get install -y python3 python3-venv' })
    expect(checks.get('module roots')?.found).toContain('expected /nowhere/at/all to be a folder with modules')
    expect(checks.get('node')?.verdict).toBe('ok')
    expect(run.status).toBe(1)
  })

  it('names the process that has the port, which is no reason to fail', async ({ expect }) => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const run = await cli(['doctor', '--json', ...bare, '-l', '127.0.0.1', '--port', String(port)])
    other.close()
    expect(checksOf(run).get('port')).toMatchObject({ verdict: 'warn', found: expect.stringContaining(`in use by process ${process.pid} (`) })
    expect(run.status).toBe(0)
  })

  it('says where sockets are if the path of the state folder is too long for them', async ({ expect }) => {
    const deep = join(state.path, 'd'.repeat(90))
    const run = await cli(['doctor', '--json', ...bare, '--state', deep])
    expect(checksOf(run).get('sockets')).toMatchObject({ verdict: 'ok', found: expect.stringMatching(/^in \S+: the state folder's path is too long/) })
  })

  it('asks for a nameserver', ({ expect }) => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'resolv.conf')
    writeFileSync(file, '# nameserver 192.0.2.1\noptions rotate\n')
    expect(checkResolver(file)).toMatchObject({ verdict: 'warn', mend: `echo 'nameserver 127.0.0.1' >> ${file}` })
    writeFileSync(file, 'nameserver 192.0.2.1\n')
    expect(checkResolver(file)).toMatchObject({ verdict: 'ok', found: `192.0.2.1 in ${file}` })
  })
})

describe.runIf(isRoot)('doctor, of the account that modules run as', () => {
  it('names the path that keeps it from python, and the modules that it cannot read', async ({ expect }) => {
    using folder = temporaryFolder()
    const closed = join(folder.path, 'closed')
    mkdirSync(join(closed, 'modules', 'expansion'), { recursive: true })
    const python = makeVenv(join(closed, 'venv'), undefined)
    chmodSync(closed, 0o700)
    const run = await cli(['doctor', '--json', '--state', join(folder.path, 's'), '--python', python, '--port', '0', '--modules', join(closed, 'modules')])
    const checks = checksOf(run)
    expect(checks.get('the account "nobody" runs python')).toMatchObject({
      verdict: 'warn', found: `${python} is out of reach, because of ${closed}`, needed: 'for modules not to run as root', mend: `chmod o+x ${closed}`,
    })
    expect(checks.get('the account "nobody" reads modules')).toMatchObject({ verdict: 'warn', mend: `chmod -R o+rX ${dirname(join(closed, 'modules', 'x'))}` })
  })

  it('says of a Python out of reach that cells of the profile strict have a copy, with which everything holds', async ({ expect }) => {
    using folder = temporaryFolder()
    const closed = join(folder.path, 'closed')
    const python = makeVenv(join(closed, 'venv'), undefined)
    chmodSync(closed, 0o700)
    const run = await cli(['doctor', '--profile', 'strict', '--json', '--state', join(folder.path, 's'), '--python', python, '--port', '0'])
    const checks = checksOf(run)
    expect(checks.get('the account "1900000000" runs python')).toEqual({
      what: 'the account "1900000000" runs python', verdict: 'ok', found: `a copy of ${python} in the state folder, because ${closed} is out of its reach`,
    })
    expect(checks.get('unshare is refused')).toMatchObject({ verdict: 'ok', found: 'EPERM' })
    expect([...checks.values()].filter(({ verdict }) => verdict === 'missing')).toEqual([])
  })

  it('warns where that is root, and fails where there is no such account', async ({ expect }) => {
    expect(checksOf(await cli(['doctor', '--json', ...bare, '--user', 'root'])).get('modules run as')).toMatchObject({ verdict: 'warn' })
    const none = await cli(['doctor', '--json', ...bare, '--user', 'no-such-account'])
    expect(checksOf(none).get('account')).toMatchObject({ verdict: 'missing', found: expect.stringMatching(/found "no-such-account"; there are: root, /) })
    expect(checksOf(none).has('modules run as')).toBe(false)
    expect(none.status).toBe(1)
  })
})

describe('doctor --profile strict', () => {
  it('tries every escape, and says of each what was found', async ({ expect }) => {
    const run = await cli(['doctor', '--profile', 'strict', '--json', ...bare, '--modules', CLI_MODULES])
    const checks = checksOf(run)
    expect([...checks.values()].filter(({ verdict }) => verdict === 'missing')).toEqual([])
    expect(run.status).toBe(0)
    expect(checks.get('bubblewrap')?.found).toMatch(/bwrap, version \d/)
    expect(checks.get('a cell has no network')).toMatchObject({ verdict: 'ok', found: 'lo; 0 routes' })
    expect(checks.get('unshare is refused')).toMatchObject({ verdict: 'ok', found: 'EPERM' })
    if (isRoot) expect(checks.get('modules run as')?.found).toContain('uid 1900000000')
  })
})
