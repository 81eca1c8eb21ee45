/**
 * A module of your own in TypeScript: with a helper, settings and a request to a provider in your own network. Tested in plain Node,
 * served, granted what it may reach and refused it, each time with the reason in your hand. Exits non-zero if any of it is not so.
 */
import assert from 'node:assert/strict'
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const here = fileURLToPath(new URL('.', import.meta.url))
const main = join(here, '..', '..', 'host', 'main.js')

const scratch = await mkdtemp(join(tmpdir(), 'typescript-module-'))
/** A copy, which the account of the modules can read wherever the checkout is. */
const modules = join(scratch, 'modules')
const configFile = join(scratch, 'config.json')
let host: ChildProcess | undefined
let log = ''
const tooLate = setTimeout(() => {
  console.error('not done after 55 s')
  process.exit(1)
}, 55_000)
/** The provider: an inventory on loopback, which knows one address. */
const inventory = createServer((request, response) => {
  const status = request.headers['x-api-key'] !== 'k-1' ? 401 : request.url === '/assets/192.0.2.7' ? 200 : 404
  response.writeHead(status, { 'Content-Type': 'application/json' })
  response.end(status === 200 ? '{"owner":"Ada","room":"B12"}' : '{}')
}).listen(0, '127.0.0.1')
try {
  await once(inventory, 'listening')
  // Started as root, modules run as nobody, who has to be able to read them.
  await chmod(scratch, 0o755)
  await cp(join(here, 'modules'), modules, { recursive: true })
  await testAndServe()
} finally {
  clearTimeout(tooLate)
  host?.kill('SIGKILL')
  inventory.close()
  await rm(scratch, { recursive: true, force: true, maxRetries: 5 })
}

async function testAndServe(): Promise<void> {
  // Its own test needs no host and no network. One that fails would reject here.
  const { stdout } = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap', join(here, 'tests', 'asset_owner.test.ts')])
  assert.match(stdout, /^# pass 3$/m)
  console.log('its unit test passes in plain Node')

  const url = `http://127.0.0.1:${(inventory.address() as AddressInfo).port}`
  const query = { 'module': 'asset_owner', 'ip-src': '192.0.2.7', 'config': { url, api_key: 'k-1' } }
  // Loopback is not public: a module reaches it when the operator says so.
  await configure({ hosts: ['127.0.0.1'], networks: ['127.0.0.0/8'] })
  const port = await serve()
  const answer = { results: [{ types: ['text'], values: ['Ada, room B12'], comment: 'Owner of 192.0.2.7' }] }
  assert.deepEqual(await ask(port, query), answer)
  assert.deepEqual(await ask(port, { ...query, 'ip-src': '192.0.2.8' }), { results: [] })
  console.log('served, it answers what its provider knows')

  // What can happen is an answer that the user of MISP sees, with results: MISP gives up an event where they are missing.
  assert.deepEqual(await ask(port, { ...query, config: {} }), { error: 'The settings url and api_key are required.', results: [] })
  assert.deepEqual(await ask(port, { ...query, config: { url, api_key: 'wrong' } }), { error: 'The inventory does not accept the api_key.', results: [] })

  // By the host's own API: the lines that it logged, and how long everything took.
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/modules/asset_owner/query`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(query),
  })
  const told = await response.json() as { result: unknown; outcome: string; log: string[]; timings: { runMs: number } }
  assert.deepEqual([response.status, told.outcome, told.result], [200, 'success', answer])
  assert.deepEqual(told.log, ['192.0.2.7: ours'])
  assert.ok(told.timings.runMs > 0)
  console.log(`its log line comes with the answer: ${told.log[0]}`)

  // Without the network, the same module on the same host: the address may be asked for, and is not public.
  await configure({ hosts: ['127.0.0.1'] })
  await reload(port, { hosts: ['127.0.0.1'], networks: [] })
  const refused = await ask(port, query) as { error: string }
  assert.match(refused.error, /^The inventory cannot be reached: .*127\.0\.0\.1 \(loopback\): grant it with modules\.<name>\.networks/)
  console.log(`not granted: ${refused.error}`)

  // Not among its hosts: refused before anybody looks for the address.
  await configure({ hosts: ['*.example.org'] })
  await reload(port, { hosts: ['*.example.org'], networks: [] })
  const elsewhere = await ask(port, query) as { error: string }
  assert.match(elsewhere.error, /127\.0\.0\.1: it is not in modules\.<name>\.hosts \(\*\.example\.org\)/)
  console.log(`not listed: ${elsewhere.error}`)
}

/** What the operator says of the module. Only this one, so that the example is quick. */
async function configure(entry: { readonly hosts: readonly string[]; readonly networks?: readonly string[] }): Promise<void> {
  await writeFile(configFile, JSON.stringify({ modules: { '*': { enabled: false }, 'asset_owner': { enabled: true, proxy: '', ...entry } } }))
}

/** The host reads its configuration again, and says what the module may reach from then on. */
async function reload(port: number, expected: { readonly hosts: readonly string[]; readonly networks: readonly string[] }): Promise<void> {
  host?.kill('SIGHUP')
  for (;;) {
    const { reach: { hosts, networks } } = await (await fetch(`http://127.0.0.1:${port}/api/v1/modules/asset_owner`)).json() as { reach: typeof expected }
    if (JSON.stringify({ hosts, networks }) === JSON.stringify(expected)) return
    await wait(50)
  }
}

/** Serves the modules in the folder, and upstream's where the interpreter has them. Settles with the port. */
async function serve(): Promise<number> {
  const python = process.env['MISP_TEST_PYTHON']
  const settings = python === undefined ? [] : ['--python', python, '--state', join(scratch, 'state')]
  const args = [main, 'serve', '-l', '127.0.0.1', '-p', '0', '--modules', modules, '--config', configFile, '--log-format', 'json', ...settings]
  host = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  host.stderr?.setEncoding('utf8').on('data', (text: string) => { log += text })
  const ended = once(host, 'exit').then(([status]) => { throw new Error(`the host ended with status ${status}:\n${log}`) })
  ended.catch(() => {})
  const line = await Promise.race([logged((text) => text.includes('server started on')), ended])
  return (JSON.parse(line) as { port: number }).port
}

/** The first line of the log that fits, as soon as it is there. */
async function logged(fits: (line: string) => boolean): Promise<string> {
  for (;;) {
    const line = log.split('\n').slice(0, -1).find(fits)
    if (line !== undefined) return line
    await wait(20)
  }
}

async function ask(port: number, body: object): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}/query`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
  })
  return await response.json()
}
