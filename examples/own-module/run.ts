/**
 * A module of your own: a Python file in a folder. Served, asked, made to fail in two ways, each time with the reason in your
 * hand. Exits non-zero if any of it is not so.
 */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const main = join(here, '..', '..', 'host', 'main.js')

const scratch = await mkdtemp(join(tmpdir(), 'own-module-'))
/** A copy of the modules, because this example breaks them. */
const modules = join(scratch, 'modules')
const file = join(modules, 'expansion', 'spells.py')
let host: ChildProcess | undefined
let log = ''
const tooLate = setTimeout(() => {
  console.error('not done after 55 s')
  process.exit(1)
}, 55_000)
try {
  // Started as root, modules run as nobody, who has to be able to read them.
  await chmod(scratch, 0o755)
  await cp(join(here, 'modules'), modules, { recursive: true })
  await serveAndBreak()
} finally {
  clearTimeout(tooLate)
  host?.kill('SIGKILL')
  await rm(scratch, { recursive: true, force: true, maxRetries: 5 })
}

async function serveAndBreak(): Promise<void> {
  const port = await serve()
  assert.deepEqual(await ask(port, { module: 'spells', text: 'misp' }), {
    results: [{ types: ['text'], values: ['Mike India Sierra Papa'] }],
  })
  assert.deepEqual(await ask(port, { module: 'spells', text: 'abc', config: { separator: '-' } }), {
    results: [{ types: ['text'], values: ['Alfa-Bravo-Charlie'] }],
  })
  console.log('the module answers, with its helper and its settings')

  // What a module reports as an error reaches the user of MISP as it is.
  assert.deepEqual(await ask(port, { module: 'spells' }), { error: 'a text is required' })

  // What it raises does not: the reason is in the log, under the id that came with the answer.
  const id = 'a-number-is-no-text'
  const answer = await ask(port, { module: 'spells', text: 5 }, id)
  assert.deepEqual(answer, { error: 'Something went wrong, look in the server logs for details' })
  const line = await logged((text) => text.includes(`"reqId":"${id}"`))
  assert.match(line, /"outcome":"MODULE_THREW","blame":"module","failure":"AttributeError: 'int' object has no attribute 'lower'"/)
  console.log(`an exception is in the log: ${JSON.parse(line).failure}`)

  // A file that is no Python any more: what was good before still answers, and everybody can see why the new one does not.
  await appendFile(file, '\ndef broken(:\n')
  await logged((text) => text.includes('module spells (type=expansion) is not loaded'))
  const [broken] = await notLoaded(port)
  assert.equal(broken?.name, 'spells')
  assert.match(broken.reason, /^SyntaxError/)
  const spelt = { results: [{ types: ['text'], values: ['Alfa'] }] }
  assert.deepEqual(await ask(port, { module: 'spells', text: 'a' }), spelt, 'the version before it is still served')
  console.log(`a broken file is named with its reason: ${broken.reason}`)

  // Mended, and fine again: nothing was restarted.
  await cp(join(here, 'modules'), modules, { recursive: true })
  while ((await notLoaded(port)).length > 0) await wait(50)
  assert.deepEqual(await ask(port, { module: 'spells', text: 'a' }), spelt)
  console.log('mended, nothing is wrong any more')
}

/** Serves the modules in the folder, and upstream's where the interpreter has them. Settles with the port. */
async function serve(): Promise<number> {
  const python = process.env['MISP_TEST_PYTHON']
  const settings = python === undefined ? [] : ['--python', python, '--state', join(scratch, 'state')]
  const config = join(scratch, 'config.json')
  // Only ours, so that this example is quick.
  await writeFile(config, JSON.stringify({ modules: { '*': { enabled: false }, 'spells': { enabled: true } } }))
  const args = [main, 'serve', '-l', '127.0.0.1', '-p', '0', '--modules', modules, '--config', config, '--log-format', 'json', ...settings]
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

async function ask(port: number, body: object, id?: string): Promise<unknown> {
  const headers = { 'Content-Type': 'application/json', ...(id === undefined ? {} : { 'X-Request-Id': id }) }
  const response = await fetch(`http://127.0.0.1:${port}/query`, { method: 'POST', headers, body: JSON.stringify(body) })
  return await response.json()
}

async function notLoaded(port: number): Promise<readonly { name: string; reason: string }[]> {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/status`)
  const { modules: listed } = (await response.json()) as { modules: { notLoaded: { name: string; reason: string }[] } }
  return listed.notLoaded.filter(({ reason }) => reason !== 'disabled in the configuration')
}
