import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { FORMS, HostileServer } from '../support/hostile_server.ts'
import { eventually } from '../support/processes.ts'

interface Seen {
  readonly uid: number
  readonly gid: number
  readonly groups: readonly number[]
  readonly cwd: string
  readonly environment: Readonly<Record<string, string>>
  readonly path: readonly string[]
  readonly core: readonly number[]
  readonly descriptors: Readonly<Record<string, string>>
  readonly home: string
  readonly temporary: string
  readonly state: string
  readonly private: string
  readonly host_environment: string
  readonly host_memory: string
  readonly signal: string
  readonly setuid: string
  readonly descriptor_limit: string
}

/** What the operator's own environment may hold: some of it is for modules, most is not. */
const PASSED = {
  LC_NUMERIC: 'C', TZ: 'Pacific/Chatham', SSL_CERT_FILE: '/certificates.pem', REQUESTS_CA_BUNDLE: '/bundle.pem',
  http_proxy: 'http://proxy.example:1', HTTPS_PROXY: 'http://proxy.example:2', NO_PROXY: 'local.example',
}
const KEPT_BACK = {
  DATABASE_PASSWORD: 'secret', AWS_SECRET_ACCESS_KEY: 'secret', PYTHONPATH: '/evil', PYTHONSTARTUP: '/evil.py', LD_LIBRARY_PATH: '/evil',
  MISP_MODULE_HOST_QUEUE_QUERIES: '77', SSH_AUTH_SOCK: '/agent',
}

for (const form of FORMS) {
  describe(`${form}: a module`, () => {
    const root = process.getuid?.() === 0
    let host: HostileServer
    let folder: string
    let ask: (module?: string) => Promise<Seen>
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'private-'))
      writeFileSync(join(folder, 'private'), 'secret', { mode: 0o600 })
      const modules = { looks_around: { env: { TOKEN: 'for this one', TZ: 'UTC' }, proxy: '' }, where: { proxy: 'http://other.example:3' } }
      host = await HostileServer.start({ form, modules: Object.keys(modules), config: { modules }, env: { ...PASSED, ...KEPT_BACK } })
      const request = { host: host.pid, state: folder, private: join(folder, 'private') }
      ask = async (module = 'looks_around') => JSON.parse((await host.ask(module, request)).body) as Seen
    })
    afterAll(async () => {
      await host?.[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    })

    it('gets what it may know of the environment of the host, and nothing else', async ({ expect }) => {
      const { environment } = await ask('where')
      expect(environment).toMatchObject({ ...PASSED, http_proxy: 'http://other.example:3', HTTPS_PROXY: 'http://other.example:3' })
      const names = Object.keys(environment)
      expect(names.filter((name) => name in KEPT_BACK)).toEqual([])
      const known = ['PATH', 'LANG', 'HOME', 'LANGUAGE', 'TMPDIR', 'MISP_MODULE_HOST_CELL', 'OPENBLAS_NUM_THREADS', 'OMP_NUM_THREADS',
        'https_proxy', 'HTTP_PROXY', 'no_proxy', 'ALL_PROXY', 'all_proxy', 'SSL_CERT_DIR', 'CURL_CA_BUNDLE', ...Object.keys(PASSED)]
      expect(names.filter((name) => !known.includes(name) && !name.startsWith('LC_'))).toEqual([])
    })

    it('has the variables and the proxy of its own settings, which no other has', async ({ expect }) => {
      const [own, other] = [(await ask()).environment, (await ask('where')).environment]
      expect(own).toMatchObject({ TOKEN: 'for this one', TZ: 'UTC', http_proxy: '', HTTPS_PROXY: '' })
      expect(other).not.toHaveProperty('TOKEN')
      expect(other['TZ']).toBe(PASSED.TZ)
    })

    it('works in a folder of its own, which goes with its runner', async ({ expect }) => {
      const [own, other] = [await ask(), await ask('where')]
      expect(own.cwd).not.toBe(other.cwd)
      expect([own, other].map(({ environment, cwd }) => environment['TMPDIR'] === cwd)).toEqual([true, true])
      expect(existsSync(join(other.cwd, 'left-behind.txt'))).toBe(true)
      // Nothing of the runner itself is to be imported by a module.
      expect(own.path.filter((path) => path === '' || path.includes('sandboxes'))).toEqual([])
      expect(own).toMatchObject({ home: 'done', temporary: 'done' })
    })

    it('finds only its own descriptors open', async ({ expect }) => {
      const { descriptors } = await ask()
      // Two of them may be one and the same socket; the last one lists them.
      const { 0: stdin, 1: stdout, 2: stderr, ...rest } = descriptors
      expect(stdin).toBe('/dev/null')
      expect(stdout).toBe(stderr)
      const kinds = Object.values(rest).map((target) => target.replace(/:.*/, ''))
      expect(kinds.filter((kind) => kind !== 'socket' && kind !== 'pipe')).toEqual([])
      expect(kinds.length).toBe(2)
    })

    it('cannot raise its limits, nor leave an image of its memory', async ({ expect }) => {
      expect(await ask()).toMatchObject({ core: [0, 0], descriptor_limit: 'ValueError' })
    })

    it.runIf(root)('has another account than a host that is root', async ({ expect }) => {
      const { account } = await host.status()
      expect(account?.uid).toBeGreaterThan(0)
      expect(await ask()).toMatchObject({ uid: account?.uid, gid: account?.gid, groups: [], setuid: 'PermissionError' })
    })

    it.runIf(root)('cannot read what is private to the host, nor write where it keeps its own, nor signal it', async ({ expect }) => {
      expect(await ask()).toMatchObject({
        private: 'PermissionError', state: 'PermissionError', signal: 'PermissionError', host_environment: 'PermissionError', host_memory: 'PermissionError',
      })
    })

    it('and nothing of its folders is left when the host has ended', async ({ expect }) => {
      const { cwd } = await ask('where')
      await host[Symbol.asyncDispose]()
      await eventually(() => expect(existsSync(cwd)).toBe(false))
    })
  })
}
