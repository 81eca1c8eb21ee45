import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { takeDescribed } from '../support/described.ts'
import { startedOn, startServer } from '../support/our_server.ts'
import { eventually } from '../support/processes.ts'
import { testPython } from '../support/python.ts'
import { blocksOf, PROJECT, read, tableOf } from './markdown.ts'

const README = read('README.md')
const MAIN = join(PROJECT, 'host', 'main.js')

/**
 * A block that is marked `sh run` is run as it stands, in a checkout of its own, with a host that `npm start` has started there;
 * only the port is another one. A `text` block that follows it is what it prints.
 */
describe('the commands of the README', () => {
  const blocks = blocksOf(README)
  let checkout: Checkout
  beforeAll(async () => {
    checkout = await openCheckout()
  }, 120_000)
  afterAll(() => checkout?.[Symbol.asyncDispose]())

  for (const [at, { info, text }] of blocks.entries()) {
    if (info !== 'sh run') continue
    it(`run: ${text.split('\n')[0]}`, async ({ expect }) => {
      const { output } = await ran(text)
      const next = blocks[at + 1]
      if (next?.info === 'text') expect(output.trimEnd()).toBe(next.text.trimEnd())
      else expect(output).not.toBe('')
    }, 120_000)
  }

  /** What a block prints. A line of the log is written when its answer has left: whoever looks for one at once may be too early. */
  async function ran(text: string): Promise<{ output: string }> {
    let last = { status: -1, output: '', errors: '' }
    await eventually(async () => {
      last = await checkout.run(text)
      if (last.status !== 0) throw new Error(`it ended with status ${last.status}: ${last.errors}`)
    }, text.includes('.log') ? 20_000 : 0)
    return last
  }

  it('the module that is shown answers', async ({ expect }) => {
    const [shown] = blocks.filter(({ info }) => info === 'ts module')
    checkout.save('shown/expansion/shown.ts', shown?.text ?? '')
    const body = `'{"domain":"example.com","config":{"unit":"letters"}}'`
    const { status, output, errors } = await checkout.run(`npx misp-module-host query shown ${body} --modules shown --json`)
    expect({ status, errors }).toMatchObject({ status: 0 })
    expect(JSON.parse(output)).toEqual({ results: [{ types: ['text'], values: ['11 letters'] }] })
  }, 60_000)

  it('npm start takes the flags of upstream behind two dashes', async ({ expect }) => {
    const { status, errors } = await checkout.run('npm start -- -l 127.0.0.1 -p 0 -t')
    expect(status).toBe(0)
    expect(errors).toContain('started in test mode')
  }, 60_000)

  it('the routes answer', async ({ expect }) => {
    const { rows } = tableOf(README, 'Route', 'Answer')
    const routes = rows.flatMap(([route = '', answer = '']) => [route, ...(answer.match(/`\/openapi\/[\w.-]+`/g) ?? []).map((path) => `GET ${path}`)])
    for (const route of routes) {
      const [method = '', path = ''] = route.replaceAll('`', '').split(' ')
      expect(await statusOf(checkout.port, method, path), route).toBe(200)
    }
  })
})

describe('the exit status', () => {
  let folder = ''
  /** A host with one module, which is there quickly. */
  let quick: readonly string[] = []
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'exit-status-'))
    chmodSync(folder, 0o755)
    const config = join(folder, 'config.json')
    writeFileSync(config, JSON.stringify({ modules: { '*': { enabled: false }, 'sleeper': { enabled: true } } }))
    quick = ['--config', config, '-c', join(PROJECT, 'test', 'fixtures', 'modules')]
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const cases: Readonly<Record<string, () => Promise<number | null>>> = {
    0: () => statusOfCall(['--help']),
    1: () => withPortInUse((port) => statusOfCall(['-l', '127.0.0.1', '-p', port, '--python', testPython(), '--state', folder, ...quick])),
    2: () => statusOfCall(['--port', 'none']),
    // No PATH, no bubblewrap.
    3: () => statusOfCall(['--profile', 'strict', '-p', '0', '--python', testPython(), '--state', folder], { PATH: '' }),
    130: () => interruptedTwice(quick),
  }

  it('is one of those in the README', ({ expect }) => {
    expect(tableOf(README, 'Status', 'When').rows.map(([status]) => status)).toEqual(Object.keys(cases))
  })

  for (const [status, call] of Object.entries(cases)) {
    it(`${status} is what the README says`, async ({ expect }) => {
      expect(await call()).toBe(Number(status))
    }, 120_000)
  }
})

it('the help of serve has the flags that the README has beside the settings', async ({ expect }) => {
  const help = await new Promise<string>((resolve) => {
    execFile(process.execPath, [MAIN, 'serve', '--help'], (_error, stdout) => resolve(stdout))
  })
  const named = tableOf(README, 'Flag', 'Meaning').rows.map(([flag = '']) => flag.replaceAll('`', ''))
  for (const flag of named) expect(help).toContain(`  ${flag} `)
  const flags = [...help.matchAll(/^ {2}(-\w, )?(--[\w-]+)/gm)].map(([, , long]) => long)
  const documented = [...README.matchAll(/^\| .*?`(--[\w-]+).*?` \|/gm)].map(([, long]) => long)
  const beside = named.map((flag) => /--[\w-]+/.exec(flag)?.[0])
  expect(flags.filter((flag) => !documented.includes(flag!) && !beside.includes(flag))).toEqual([])
})

interface Checkout extends AsyncDisposable {
  readonly port: number
  /** A path below the checkout; folders are made. */
  save(path: string, text: string): void
  run(script: string): Promise<{ status: number; output: string; errors: string }>
}

/** What a stranger has after `npm ci`, with a host running in it whose log is in misp-module-host.log. */
async function openCheckout(): Promise<Checkout> {
  const scratch = mkdtempSync(join(tmpdir(), 'readme-'))
  chmodSync(scratch, 0o755)
  // With room beside it for what the README puts there.
  const folder = join(scratch, 'misp-module-host')
  mkdirSync(folder, { mode: 0o755 })
  for (const name of ['host', 'sandboxes', 'modules', 'examples', 'package.json', 'package-lock.json']) {
    cpSync(join(PROJECT, name), join(folder, name), { recursive: true })
  }
  symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'))
  const state = join(folder, '.state')
  mkdirSync(state, { mode: 0o755 })
  await takeDescribed(state)
  const env = {
    ...process.env, MISP_MODULE_HOST_PYTHON: testPython(), MISP_MODULE_HOST_STATE: state,
    npm_config_cache: join(folder, '.npm'),
    // Nothing may be fetched.
    npm_config_registry: 'http://127.0.0.1:9/',
  }
  // Written by the host itself, so that a line is there as soon as it is logged.
  const log = join(folder, 'misp-module-host.log')
  const host = spawn('npm', ['start', '--', '-l', '127.0.0.1', '-p', '0', '--log-format', 'json'], {
    cwd: folder, env, stdio: ['ignore', 'ignore', openSync(log, 'w')], detached: true,
  })
  const port = await started(host, log)
  return {
    port,
    save(path, text) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    },
    async run(script) {
      const child = spawn('sh', ['-euc', script.replaceAll(':6666/', `:${port}/`)], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
      const [output, errors, [status]] = await Promise.all([textOf(child.stdout), textOf(child.stderr), once(child, 'close')])
      return { status: status as number, output, errors }
    },
    async [Symbol.asyncDispose]() {
      const ended = once(host, 'exit')
      process.kill(-(host.pid as number), 'SIGTERM')
      await ended
      rmSync(scratch, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

async function started(host: ChildProcess, log: string): Promise<number> {
  let port: number | undefined
  await eventually(() => {
    if (host.exitCode !== null) return
    port = startedOn(readFileSync(log, 'utf8'))
    if (port === undefined) throw new Error('the host has not started')
  }, 90_000)
  if (port === undefined) throw new Error(`the host ended with status ${host.exitCode}: ${readFileSync(log, 'utf8').slice(-2000)}`)
  return port
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}

function statusOf(port: number, method: string, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    const asking = request({ host: '127.0.0.1', port, method, path: path.replace(':name', 'countrycode'), headers }, (response) => {
      resolve(response.statusCode)
      // Some answers never end.
      response.destroy()
    })
    asking.once('error', reject)
    asking.end(method === 'POST' ? (path === '/query' ? '{"module":"none"}' : '{"domain":"www.example.com"}') : undefined)
  })
}

async function statusOfCall(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number | null> {
  const [status] = await once(spawn(process.execPath, [MAIN, ...args], { stdio: 'ignore', env: { ...process.env, ...env } }), 'exit')
  return status as number | null
}

async function withPortInUse<Value>(use: (port: string) => Promise<Value>): Promise<Value> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    return await use(String((server.address() as AddressInfo).port))
  } finally {
    server.close()
  }
}

async function interruptedTwice(args: readonly string[]): Promise<number | null> {
  await using server = await startServer({ args })
  const url = `http://127.0.0.1:${server.port}`
  const asked = fetch(`${url}/query`, { method: 'POST', body: '{"module":"sleeper","seconds":60}' }).catch(() => undefined)
  const running = async () => ((await (await fetch(`${url}/api/v1/status`)).json()) as { queue: { running: number } }).queue.running
  await eventually(async () => { if (await running() !== 1) throw new Error('the query does not run') })
  process.kill(server.pid, 'SIGINT')
  await eventually(() => { if (!server.log().includes('ending; queries that run are waited for')) throw new Error('it is not ending') })
  process.kill(server.pid, 'SIGINT')
  await asked
  return server.exited
}
