import { connect } from 'node:net'
import { readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { Act } from '../../support/strict_server.ts'
import { startStrict, Surroundings } from '../../support/strict_server.ts'
import type { HostileServer } from '../../support/hostile_server.ts'
import { askApi } from '../../support/api.ts'
import { alive, eventually } from '../../support/processes.ts'
import { descendants } from '../../../sandboxes/process/process_tree.ts'
import { serve, type Listening } from '../../sandboxes/egress/servers.ts'

const SECRET = 'planted-secret-of-the-operator'

let server: Listening
let host: HostileServer
let surroundings: Surroundings
let listed: (more?: object) => object
beforeAll(async () => {
  server = await serve((req, res) => (req.url === '/away' ? res.writeHead(302, { location: 'http://169.254.169.254/latest/' }).end() : res.end(`${req.url} ${String(req.headers['x-apikey'] ?? '')}`)))
  listed = (more = {}) => ({ hosts: ['127.0.0.1'], networks: ['127.0.0.1/32'], ports: [server.port], ...more })
  host = await startStrict(['reaches', 'asks', 'tries', 'curls', 'curls_for_each'], { config: {
    secrets: { provider: { env: 'PLANTED_SECRET' } },
    modules: { reaches: listed({ headers: [{ host: '127.0.0.1', name: 'X-ApiKey', secret: 'provider' }] }), asks: listed(), curls: listed({ methods: ['POST'] }), curls_for_each: listed() },
  }, env: { PLANTED_SECRET: SECRET } })
  surroundings = new Surroundings(host)
}, 120_000)
afterAll(async () => {
  await host?.[Symbol.asyncDispose]()
  await server?.[Symbol.asyncDispose]()
})

async function reached(acts: readonly Act[], module = 'reaches'): Promise<unknown[]> {
  const answer = await host.ask(module, { acts })
  const { results } = JSON.parse(answer.body) as { results?: unknown[] }
  if (results === undefined) throw new Error(`no answer: ${answer.body} ${JSON.stringify(await host.told(answer))}`)
  return results
}

/** What the log says of requests, newest last. */
function audits(): { module: string; verdict: string; host: string; port?: number; tenant: string; query?: string; verb: string }[] {
  return host.server.log().split('\n').filter((line) => line.includes('"egress":{')).map((line) => (JSON.parse(line) as { egress: never }).egress)
}

describe('a module of strangers', () => {
  it('reaches what it is granted with an unmodified library, and nothing else, and is told which grant is missing (E1, E2)', async ({ expect }) => {
    const before = server.connections()
    expect(await reached([['get', `${server.url}/a`], ['get', `http://127.0.0.2:${server.port}/`], ['get', `http://127.0.0.1:${host.server.port}/modules`]])).toEqual([
      expect.stringContaining('/a'),
      'the module may not reach 127.0.0.2: it is not in modules.<name>.hosts (127.0.0.1)\n',
      `the module may not reach port ${host.server.port} of 127.0.0.1: it is not in modules.<name>.ports (${server.port})\n`,
    ])
    expect(server.connections()).toBe(before + 1)
    await eventually(() => expect(audits().slice(-3)).toMatchObject([
      { tenant: 'local', module: 'reaches', verdict: 'allowed', host: '127.0.0.1', port: server.port },
      { verdict: 'denied', host: '127.0.0.2' }, { verdict: 'denied', port: host.server.port },
    ]))
  })

  it('is told of under the id of the query that asks, in any language and of several queries at a time', async ({ expect }) => {
    const url = `${server.url}/ids`
    const asked = await Promise.all([
      host.ask('reaches', { acts: [['get', url], ['get', 'https://127.0.0.2/'], ['host', 'example.com'], ['resolve', 'example.com']] }),
      host.ask('reaches', { acts: [['get', 'http://127.0.0.2/']] }), host.ask('asks', { url, name: 'example.com' }), host.ask('curls', { url }), host.ask('curls_for_each', { url }),
    ])
    expect(asked.map(({ body }) => body)).toEqual([expect.stringContaining('/ids'), expect.stringContaining('may not reach'), expect.stringContaining('fetched'), expect.stringContaining('may not send GET'), expect.stringContaining('/ids')])
    const told = ({ id }: { id: string }): string[] => audits().filter(({ query }) => query === id).map(({ module, verb, verdict }) => `${module} ${verb} ${verdict}`).toSorted()
    await eventually(() => expect(asked.map(told)).toEqual([
      ['reaches CONNECT denied', 'reaches DNS denied', 'reaches GET allowed', 'reaches LOOKUP denied'], ['reaches GET denied'],
      ['asks DNS denied', 'asks FETCH allowed'], ['curls GET denied'], ['curls_for_each GET allowed'],
    ]))
  })

  it('has what it was refused, and which grant that takes, in the log of its query, in any language', async ({ expect }) => {
    const url = (path: string): string => host.url(path)
    const asked = await Promise.all([
      askApi(url, 'reaches', { acts: [['get', 'http://127.0.0.2/'], ['get', `http://127.0.0.1:${host.server.port}/`], ['resolve', 'example.com'], ['get', `${server.url}/fine`]] }),
      askApi(url, 'reaches', { acts: [['get', 'https://127.0.0.4/']] }, { headers: { 'x-request-id': 'chosen' } }),
      askApi(url, 'asks', { url: 'http://127.0.0.5/', name: 'example.org' }), askApi(url, 'curls', { url: server.url }),
    ])
    const listed = 'it is not in modules.<name>.hosts (127.0.0.1)'
    expect(asked.map(({ answer }) => answer.log.toSorted())).toEqual([
      [
        `the module may not reach 127.0.0.2: ${listed}`, `the module may not reach example.com: ${listed}`,
        `the module may not reach port ${host.server.port} of 127.0.0.1: it is not in modules.<name>.ports (${server.port})`,
      ],
      [`the module may not reach 127.0.0.4: ${listed}`],
      [`the module may not reach 127.0.0.5: ${listed}`, `the module may not reach example.org: ${listed}`],
      ['the module may not send GET to 127.0.0.1: it is not in modules.<name>.methods (POST)'],
    ])
  })

  it('has no other way out: not around the proxy, not by addresses, not by names (E10, E13)', async ({ expect }) => {
    const before = server.connections()
    expect(await reached([
      ['without_proxy', server.url], ['as_address', `${server.url}/`], ['raw', '127.0.0.1', server.port], ['raw', '198.51.100.1', 80],
      ['host', 'example.com'], ['resolve', 'example.com'],
    ])).toEqual([
      expect.stringContaining('Connection refused'), expect.stringContaining('Connection refused'), expect.stringContaining('Connection refused'),
      expect.stringContaining('unreachable'), expect.stringContaining('may not reach example.com'), expect.stringContaining('REFUSED'),
    ])
    expect(server.connections()).toBe(before)
  })

  it('is not led elsewhere by a redirect (E6)', async ({ expect }) => {
    expect(await reached([['get', `${server.url}/away`]])).toEqual([expect.stringContaining('may not reach 169.254.169.254')])
  })

  it('finds one door, its own (E11)', async ({ expect }) => {
    expect(await reached([['door', '/run/egress.sock'], ['door', '/run/docker.sock'], ['door', '/var/run/dbus/system_bus_socket']])).toEqual([
      'connected', expect.stringContaining('No such file'), expect.stringContaining('No such file'),
    ])
  })

  it('in TypeScript is held to the same (E14)', async ({ expect }) => {
    const ask = async (url: string): Promise<unknown> => (JSON.parse((await host.ask('asks', { url, name: 'example.com' })).body) as { results: unknown }).results
    expect(await ask(`${server.url}/`)).toMatchObject({ fetch: 'fetched', dns: expect.stringMatching(/denied.*may not reach example\.com/) })
    expect(await ask(`http://127.0.0.2:${server.port}/`)).toMatchObject({ fetch: expect.stringMatching(/denied.*may not reach 127\.0\.0\.2/) })
    expect(await ask(`${server.url}/away`)).toMatchObject({ fetch: expect.stringMatching(/denied.*169\.254\.169\.254/) })
  })

  it('that is granted nothing reaches nothing', async ({ expect }) => {
    const answer = await host.ask('tries', { acts: [['connect', '127.0.0.1', server.port], ['resolve', 'example.com']] })
    expect((JSON.parse(answer.body) as { results: unknown[] }).results).toEqual(['ECONNREFUSED', expect.stringMatching(/hosts is empty/)])
  })

  it('has a secret of the operator sent to the host that it is for, and finds it nowhere', async ({ expect }) => {
    expect(await reached([['headers', `${server.url}/key`], ['secrets', SECRET]])).toEqual([`/key ${SECRET}`, []])
    expect(host.server.log()).not.toContain(SECRET)
    for (const path of ['/api/v1/status', '/api/v1/modules', '/api/v1/modules/reaches', '/metrics']) {
      expect(await (await fetch(host.url(path))).text()).not.toContain(SECRET)
    }
    const lines = descendants(host.pid).flatMap((pid) => ['cmdline', 'environ'].map((file) => read(`/proc/${pid}/${file}`)))
    expect(lines.filter((line) => line.includes(SECRET))).toEqual([])
  })

  it('cannot enter by the doors of others on this machine: their names are not to be found', ({ expect }) => {
    const [gate = 0] = gates()
    const folder = readlinkSync(`/proc/${gate}/cwd`)
    // Root sees them; whoever is not root and not the egress process may pass and not look.
    expect(readdirSync(folder).every((name) => /^[\w-]{16}$/.test(name))).toBe(true)
    expect(statSync(folder).mode & 0o777).toBe(0o711)
  })

  it('may reach what SIGHUP grants it, at once', async ({ expect }) => {
    const config = JSON.parse(readFileSync(host.configFile, 'utf8')) as { modules: Record<string, { hosts?: string[]; networks?: string[] }> }
    const other = `http://127.0.0.3:${server.port}/`
    expect(await reached([['get', other]])).toEqual([expect.stringContaining('may not reach 127.0.0.3')])
    const more = structuredClone(config)
    more.modules['reaches'] = { ...more.modules['reaches'], hosts: ['127.0.0.3'], networks: ['127.0.0.0/8'] }
    writeFileSync(host.configFile, JSON.stringify(more))
    process.kill(host.pid, 'SIGHUP')
    // Nobody listens there: it was let through and found nobody.
    await eventually(async () => expect(await reached([['get', other], ['get', server.url]])).toEqual([
      expect.stringContaining('refuses the connection'), expect.stringContaining('may not reach 127.0.0.1'),
    ]), 20_000)
    writeFileSync(host.configFile, JSON.stringify(config))
    process.kill(host.pid, 'SIGHUP')
    await eventually(async () => expect(await reached([['get', `${server.url}/back`]])).toEqual([expect.stringContaining('/back')]), 20_000)
  })

  it('has its way out again when the egress process was killed, which is started anew', async ({ expect }) => {
    const [gate = 0] = gates()
    process.kill(gate, 'SIGKILL')
    await eventually(() => expect(alive(gate)).toBe(false))
    await eventually(async () => expect(await reached([['get', `${server.url}/again`]])).toEqual([expect.stringContaining('/again')]), 20_000)
  })

  it('has hurt nobody', () => surroundings.expectAsBefore())
})

it('the egress process runs as nobody else does, and has nothing of the host', async ({ expect }) => {
  await eventually(() => expect(gates()).toHaveLength(1))
  const [gate = 0] = gates()
  const status = read(`/proc/${gate}/status`)
  const uid = Number(/^Uid:\s+(\d+)/m.exec(status)?.[1])
  const others = descendants(host.pid).filter((pid) => pid !== gate).map((pid) => Number(/^Uid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1]))
  if (process.getuid?.() === 0) expect(others).not.toContain(uid)
  expect(read(`/proc/${gate}/environ`)).toBe('UV_THREADPOOL_SIZE=64\0')
  // A unix socket by itself is no way to another process: without a door's name nobody comes in.
  await expect(new Promise((resolve, reject) => connect(join(readlinkSync(`/proc/${gate}/cwd`), 'guessed'), () => resolve('in')).on('error', reject))).rejects.toThrow('ENOENT')
})

function gates(): number[] {
  return descendants(host.pid).filter((pid) => /egress-[0-9a-f]+\/gate\.js/.test(read(`/proc/${pid}/cmdline`)))
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
