/**
 * Upstream's server stopped, ours started in its place: by the same command line, asked as MISP asks, answering as upstream
 * answers. Then what upstream does not survive. Exits non-zero if any of it is not so.
 */
import assert from 'node:assert/strict'
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const here = fileURLToPath(new URL('.', import.meta.url))
const checkout = join(here, '..', '..')
const custom = join(here, 'custom')
const wentWrong = 'Something went wrong, look in the server logs for details'

/** What MISP asks; modules that need no network. The two servers have to answer with the same bytes. */
const questions = [
  { module: 'eql', 'ip-src': '198.51.100.7' },
  { module: 'html_to_markdown', raw_html: '<h1>Hi</h1>' },
  { module: 'jinja_template_rendering', text: '{"template":"Hello {{ name }}","data":{"name":"MISP"}}' },
  { module: 'mispjson', config: {}, data: base64({ response: [{ Event: { Attribute: [
    { type: 'ip-dst', value: '198.51.100.7', category: 'Network activity', to_ids: true, comment: '' },
  ] } }] }) },
  { module: 'cef_export', data: [{ Event: { info: 'e' }, Attribute: [{ type: 'ip-dst', value: '198.51.100.7', uuid: '1', timestamp: '1' }] }] },
  { module: 'testaction', data: {}, params: { foo: 'xyz' } },
  { module: 'leaves', text: 'aloud' },
  { module: 'leaves' },
  { module: 'no such module' },
]

const scratch = await mkdtemp(join(tmpdir(), 'replace-upstream-'))
const started: ChildProcess[] = []
const tooLate = setTimeout(() => {
  console.error('not done after 110 s')
  process.exit(1)
}, 110_000)
try {
  // Started as root, modules run as nobody, who has to get through to the state folder.
  await chmod(scratch, 0o755)
  await verifyUnit()
  await replaceUpstream()
} finally {
  clearTimeout(tooLate)
  for (const child of started) child.kill('SIGKILL')
  await rm(scratch, { recursive: true, force: true, maxRetries: 5 })
}

/** systemd itself says whether it would take the unit. It returns 0 for lines it ignores, so that any word counts. */
async function verifyUnit(): Promise<void> {
  const unit = join(scratch, 'misp-module-host.service')
  const text = await readFile(join(here, 'misp-module-host.service'), 'utf8')
  // Where the checkout really is, because systemd looks whether the program is there.
  await writeFile(unit, text.replaceAll('/opt/misp-module-host', checkout.replace(/\/$/, '')))
  const said = await promisify(execFile)('systemd-analyze', ['verify', '--man=no', unit]).then(
    ({ stdout, stderr }) => stdout + stderr,
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') return error.message
      throw new Error('the program systemd-analyze is missing; as root: apt-get install -y systemd')
    },
  )
  const about = said.split('\n').filter((line) => line.includes('misp-module-host'))
  assert.deepEqual(about, [], 'systemd-analyze verify has nothing to say about the unit')
  console.log('systemd takes the unit')
}

async function replaceUpstream(): Promise<void> {
  const python = process.env['MISP_TEST_PYTHON']
  const logFile: string[] = []
  const ours = await startOurs(python, logFile)
  const modules = await listing(ours.port)
  console.log(`ours serves ${modules.size} modules`)

  const interpreter = python ?? (await pythonOf(ours.port))
  const theirPort = await startUpstream(interpreter)
  const theirs = await listing(theirPort, 30_000)
  const more = [...modules.keys()].filter((name) => !theirs.has(name))
  assert.deepEqual(more.sort(), (await shipped()).sort(), 'what upstream does not list comes with the host')
  for (const [name, entry] of theirs) assert.equal(modules.get(name), entry, `both servers describe ${name} alike`)
  console.log(`upstream lists ${theirs.size} of them, and describes them alike; ${more.length} come with the host`)

  let compared = 0
  for (const question of questions.filter(({ module }) => modules.has(module) || module === 'no such module')) {
    const [own, upstream] = [await ask(ours.port, question), await ask(theirPort, question)]
    assert.deepEqual([own.status, own.text], [upstream.status, upstream.text], `both servers answer ${JSON.stringify(question)} alike`)
    compared += 1
  }
  assert.ok(compared >= 6, `at least 6 questions were compared, not ${compared}`)
  console.log(`${compared} questions have the same answers, byte for byte`)

  // A module that calls sys.exit() costs its own query. `results` is there, because MISP gives up a whole event without it.
  const left = await ask(ours.port, { module: 'leaves', text: 'leave' })
  assert.deepEqual(JSON.parse(left.text), { error: wentWrong, results: [] })
  assert.equal((await ask(ours.port, { module: 'leaves', text: 'again' })).text.includes('AGAIN'), true, 'the next query is answered')
  await assert.rejects(ask(theirPort, { module: 'leaves', text: 'leave' }), 'upstream ends without an answer')
  // A line of the log is written when its answer has left.
  const found = (): string | undefined => logFile.join('').split('\n').slice(0, -1).find((text) => text.includes(left.id) && text.includes('"outcome"'))
  while (found() === undefined) await wait(20)
  const line = found() ?? ''
  assert.match(line, /"outcome":"MODULE_CRASHED","blame":"module".*sys\.exit\(3\)/, 'the log says why, under the id of the answer')
  console.log('a module that exits costs one query; the log has its traceback. Upstream is gone')

  ours.child.kill('SIGTERM')
  const [status] = await once(ours.child, 'exit')
  assert.equal(status, 0, 'SIGTERM ends the host with status 0')
  console.log('ended')
}

/** The command line is upstream's; what upstream has no flag for comes from the environment. */
async function startOurs(python: string | undefined, log: string[]): Promise<{ child: ChildProcess; port: number }> {
  const port = await freePort()
  const settings = python === undefined ? {} : { MISP_MODULE_HOST_PYTHON: python, MISP_MODULE_HOST_STATE: join(scratch, 'state') }
  const child = spawn(process.execPath, [join(checkout, 'host', 'main.js'), '-l', '127.0.0.1', '-p', `${port}`, '-c', custom], {
    env: { ...process.env, ...settings, MISP_MODULE_HOST_LOG_FORMAT: 'json' }, stdio: ['ignore', 'ignore', 'pipe'],
  })
  started.push(child)
  child.stderr.setEncoding('utf8').on('data', (text: string) => void log.push(text))
  await answers(child, port, () => log.join(''))
  return { child, port }
}

async function startUpstream(python: string): Promise<number> {
  const port = await freePort()
  const child = spawn(python, ['-m', 'misp_modules', '-l', '127.0.0.1', '-p', `${port}`, '-c', custom], {
    cwd: scratch, stdio: ['ignore', 'ignore', 'pipe'],
  })
  started.push(child)
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => { log += text })
  await answers(child, port, () => log)
  return port
}

/** Waits until a server is healthy. The bound is the example's. */
async function answers(child: ChildProcess, port: number, log: () => string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the server ended with status ${child.exitCode}:\n${log().slice(-2000)}`)
    const healthy = await fetch(`http://127.0.0.1:${port}/healthcheck`).then(({ ok }) => ok, () => false)
    if (healthy) return
    await wait(50)
  }
}

/** Every module's entry as text. MISP waits a second for this list and no longer; upstream may need more when it has just started. */
async function listing(port: number, ms = 1000): Promise<Map<string, string>> {
  const response = await fetch(`http://127.0.0.1:${port}/modules`, { signal: AbortSignal.timeout(ms) })
  const entries = (await response.json()) as { name: string }[]
  return new Map(entries.map((entry) => [entry.name, JSON.stringify(entry)]))
}

/** Names of the modules in modules/ of the checkout. */
async function shipped(): Promise<string[]> {
  const files = await readdir(join(checkout, 'modules'), { recursive: true })
  return files.flatMap((file) => /^\w+\/([^_.]\w*)\.(?:ts|py)$/.exec(file)?.[1] ?? [])
}

async function ask(port: number, body: object): Promise<{ status: number; text: string; id: string }> {
  const headers = { 'Content-Type': 'application/json' }
  const response = await fetch(`http://127.0.0.1:${port}/query`, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: response.status, text: await response.text(), id: response.headers.get('x-request-id') ?? '' }
}

async function pythonOf(port: number): Promise<string> {
  const status = (await (await fetch(`http://127.0.0.1:${port}/api/v1/status`)).json()) as { environment: { python: string } }
  return status.environment.python
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function base64(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64')
}
