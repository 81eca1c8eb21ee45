/**
 * Two organisations on one host, neither of which has to trust the other: a key for each, modules of their own under the same name, a
 * module that both share, and one that looks for what is not its own. Exits non-zero if any of it is not so.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const main = join(here, '..', '..', 'host', 'main.js')

interface Key {
  readonly key: string
  readonly hash: string
}

const scratch = await mkdtemp(join(tmpdir(), 'two-tenants-'))
const config = join(scratch, 'config.json')
let host: ChildProcess | undefined
let log = ''
const tooLate = setTimeout(() => {
  console.error(`not done after 110 s:\n${log}`)
  process.exit(1)
}, 110_000)
try {
  // Modules run as other accounts than this one, who have to be able to read them.
  await chmod(scratch, 0o755)
  for (const name of ['acme', 'globex']) await cp(join(here, name), join(scratch, name), { recursive: true })
  await serveBoth()
} finally {
  clearTimeout(tooLate)
  host?.kill('SIGTERM')
  if (host !== undefined && host.exitCode === null) await once(host, 'exit')
  await rm(scratch, { recursive: true, force: true, maxRetries: 5 })
}

async function serveBoth(): Promise<void> {
  const [acme, globex, operator] = [newKey('acme'), newKey('globex'), newKey('operator')]
  await configure({ acme: [acme], globex: [globex], operator: [operator] })
  console.log('each has a key, of which the configuration has the hash')

  // Under the profile that trusts modules, their files and processes would be open to each other.
  const refused = spawnSync(process.execPath, [main, 'serve', '--profile', 'trusted', '--config', config, '-p', '0', '--state', join(scratch, 'state')], { encoding: 'utf8' })
  assert.equal(refused.status, 2)
  assert.match(refused.stderr, /expected the profile strict for 2 tenants/)
  console.log(`told to trust both, the host does not start: ${refused.stderr.trim()}`)

  const port = await serve()
  const owner = { module: 'asset_owner', hostname: 'web1.acme.example' }
  assert.deepEqual(await ask(port, acme, 'acme', owner), { results: [{ types: ['text'], values: ['the web team'] }] })
  assert.deepEqual(await ask(port, globex, 'globex', owner), { results: [{ types: ['text'], values: ['nobody that Globex knows'] }] })
  console.log('the same name is a module of each')

  assert.deepEqual(await names(port, acme, 'acme'), ['asset_owner', 'hash_identify'])
  assert.deepEqual(await names(port, globex, 'globex'), ['asset_owner', 'curious', 'hash_identify'])
  assert.deepEqual(await ask(port, acme, 'acme', { module: 'curious', paths: [] }), { error: 'Something went wrong, look in the server logs for details' })
  console.log('each sees its own and what is shared with it')

  assert.equal((await fetch(`http://127.0.0.1:${port}/modules`)).status, 401)
  assert.match(JSON.stringify(await ask(port, acme, 'globex', owner)), /"error":"expected a key: .*","results":\[\]/)
  console.log('without a key, or with that of another, nobody sees anything')

  const paths = [join(scratch, 'acme'), join(scratch, 'acme', 'expansion', 'asset_owner.py'), config, scratch]
  assert.deepEqual(await ask(port, globex, 'globex', { module: 'curious', paths }), { results: ['FileNotFoundError', 'FileNotFoundError', 'FileNotFoundError', ['globex']] })
  console.log('a module that looks for the files of the other finds none')

  const statistics = (await (await fetch(`http://127.0.0.1:${port}/statistics`, { headers: basic('operator', operator) })).json()) as { modules: Record<string, { queries: number }> }
  assert.equal(statistics.modules['acme/asset_owner']?.queries, 1)
  assert.equal((await fetch(`http://127.0.0.1:${port}/modules`, { headers: basic('operator', operator) })).status, 403)
  console.log('the operator sees what is asked of whom, and asks nothing')

  const next = newKey('acme')
  await configure({ acme: [acme, next], globex: [globex], operator: [operator] })
  await reloadUntil(async () => (await status(port, next)) === 200)
  assert.equal(await status(port, acme), 200)
  await configure({ acme: [next], globex: [globex], operator: [operator] })
  await reloadUntil(async () => (await status(port, acme)) === 401)
  assert.equal(await status(port, next), 200)
  console.log('a key was replaced while the host went on')
  for (const { key } of [acme, globex, operator, next]) assert.ok(!log.includes(key))
}

/** As `misp-module-host key NAME --json` prints it. */
function newKey(name: string): Key {
  return JSON.parse(execFileSync(process.execPath, [main, 'key', name, '--json'], { encoding: 'utf8' })) as Key
}

async function configure({ operator = [], ...tenants }: Record<string, readonly Key[]>): Promise<void> {
  const hashes = (keys: readonly Key[]): string[] => keys.map(({ hash }) => hash)
  await writeFile(config, JSON.stringify({
    tenants: Object.fromEntries(Object.entries(tenants).map(([name, keys]) => [name, { keys: hashes(keys), roots: [name], shared: ['hash_identify'] }])),
    operator: { keys: hashes(operator) },
  }))
}

/** Serves both. Settles with the port. */
async function serve(): Promise<number> {
  const python = process.env['MISP_TEST_PYTHON']
  const settings = python === undefined ? [] : ['--python', python, '--state', join(scratch, 'state')]
  const args = [main, 'serve', '-l', '127.0.0.1', '-p', '0', '--config', config, '--log-format', 'json', ...settings]
  host = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  host.stderr?.setEncoding('utf8').on('data', (text: string) => { log += text })
  const ended = once(host, 'exit').then(([code]) => { throw new Error(`the host ended with status ${code}:\n${log}`) })
  ended.catch(() => {})
  const line = await Promise.race([started(), ended])
  return (JSON.parse(line) as { port: number }).port
}

async function started(): Promise<string> {
  for (;;) {
    const line = log.split('\n').slice(0, -1).find((text) => text.includes('server started on'))
    if (line !== undefined) return line
    await wait(20)
  }
}

async function reloadUntil(holds: () => Promise<boolean>): Promise<void> {
  host?.kill('SIGHUP')
  while (!(await holds())) await wait(50)
}

/** What MISP sends for `http://NAME:KEY@host`. */
function basic(name: string, { key }: Key): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${name}:${key}`).toString('base64')}` }
}

async function ask(port: number, key: Key, name: string, body: object): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}/query`, { method: 'POST', headers: basic(name, key), body: JSON.stringify(body) })
  return await response.json()
}

async function names(port: number, key: Key, name: string): Promise<string[]> {
  const response = await fetch(`http://127.0.0.1:${port}/modules`, { headers: basic(name, key) })
  return ((await response.json()) as { name: string }[]).map((module) => module.name)
}

async function status(port: number, { key }: Key): Promise<number> {
  return (await fetch(`http://127.0.0.1:${port}/modules`, { headers: { Authorization: `Bearer ${key}` } })).status
}
