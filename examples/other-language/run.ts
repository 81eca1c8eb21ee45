/**
 * Modules in languages that the host has never heard of: a shell script that is started for each query, and a Perl program that answers
 * many. Served, asked, made to fail, each time with the reason in your hand. Exits non-zero if any of it is not so.
 */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const main = join(here, '..', '..', 'host', 'main.js')

const scratch = await mkdtemp(join(tmpdir(), 'other-language-'))
/** A copy of the modules, because this example adds one. */
const modules = join(scratch, 'modules')
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
  assert.deepEqual(await ask(port, { module: 'defangs', url: 'https://www.example.com/a"b' }), {
    results: [{ types: ['text'], values: ['hxxps://www[.]example[.]com/a"b'] }],
  })
  console.log('a shell script answers: it is started for each query')

  const iban = 'GB82 WEST 1234 5698 7654 32'
  assert.deepEqual(await ask(port, { module: 'checks_iban', iban }), { results: [{ types: ['text'], values: ['The check digits are right'] }] })
  assert.deepEqual(await ask(port, { module: 'checks_iban', iban: iban.replace('82', '28') }), {
    results: [{ types: ['text'], values: ['The check digits are wrong'] }],
  })
  console.log('a Perl program answers: one process for many queries')

  // Both are in the list, as their declarations say.
  const listed = (await (await fetch(`http://127.0.0.1:${port}/modules`)).json()) as { name: string; mispattributes: object }[]
  assert.deepEqual(listed.find(({ name }) => name === 'checks_iban')?.mispattributes, { input: ['iban'], output: ['text'] })

  // What a module reports as an error reaches the user of MISP; why it fails is in the log.
  assert.deepEqual(await ask(port, { module: 'checks_iban' }), { error: 'an IBAN is required' })
  assert.deepEqual(await ask(port, { module: 'checks_iban', iban: '12' }, 'no-iban'), { error: 'Something went wrong, look in the server logs for details' })
  const line = await logged((text) => text.includes('"reqId":"no-iban"'))
  assert.match(line, /"outcome":"MODULE_THREW","blame":"module","failure":"expected an IBAN such as GB82 WEST 1234 5698 7654 32, found 12"/)
  console.log(`a failure is in the log: ${JSON.parse(line).failure}`)

  // A program that cannot be started is not served, and everybody can see why. The others go on.
  const script = join(modules, 'expansion', 'greets.sh')
  await writeFile(script, `#!/bin/sh\necho '{"results": [{"types": ["text"], "values": ["hello"]}]}'\n`)
  await writeFile(join(modules, 'expansion', 'greets.module.json'), JSON.stringify({
    introspection: { input: ['text'], output: ['text'] },
    version: { version: '1', author: 'me', description: 'Greets.', 'module-type': ['expansion'] },
    argv: ['./greets.sh'],
  }))
  host?.kill('SIGHUP')
  await logged((text) => text.includes('module greets (type=expansion) is not loaded'))
  const [broken] = await notLoaded(port)
  assert.equal(broken?.name, 'greets')
  assert.match(broken.reason, /to be a file that can be executed, found mode 0644: chmod \+x /)
  console.log(`one that does not load is named with its reason: ${broken.reason.replaceAll(scratch, '')}`)

  await chmod(script, 0o755)
  host?.kill('SIGHUP')
  while ((await notLoaded(port)).length > 0) await wait(50)
  assert.deepEqual(await ask(port, { module: 'greets' }), { results: [{ types: ['text'], values: ['hello'] }] })
  console.log('with chmod +x it answers')
}

/** Serves the modules in the folder, and upstream's where the interpreter has them. Settles with the port. */
async function serve(): Promise<number> {
  const python = process.env['MISP_TEST_PYTHON']
  const settings = python === undefined ? [] : ['--python', python, '--state', join(scratch, 'state')]
  const config = join(scratch, 'config.json')
  // Only ours, so that this example is quick.
  await writeFile(config, JSON.stringify({ modules: { '*': { enabled: false }, 'defangs': { enabled: true }, 'checks_iban': { enabled: true }, 'greets': { enabled: true } } }))
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
