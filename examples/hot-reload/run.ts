/**
 * Save, and the next query runs it: in TypeScript and in Python. A save that is broken changes nothing for those who ask, and its reason
 * can be read at once; a helper that is saved reloads the module that uses it and no other. Exits non-zero if any of it is not so.
 */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

interface Story {
  readonly name: string
  /** Where the module and its helper are saved, and texts of them that are replaced. */
  readonly file: string
  readonly changed: readonly [from: string, to: string]
  readonly broken: readonly [from: string, to: string]
  readonly brokenLine: number
  readonly error: RegExp
  readonly helper: string
  readonly helped: readonly [from: string, to: string]
  /** What it answers at first, after a save, and after a save of its helper. */
  readonly answers: readonly [first: string, changed: string, helped: string]
}

interface ModuleEvent {
  readonly kind: string
  readonly module: string
  readonly version: string | null
  readonly failure: { readonly error: string; readonly file: string; readonly line: number | null } | null
}

const TEXT = 'the answer to the question'
const STORIES: readonly Story[] = [
  {
    name: 'counts_words', file: 'counts_words.ts',
    changed: ['} words`', '} of them`'], answers: ['3 words', '3 of them', '2 of them'],
    broken: ['handler(_query, {', 'handler(_query, {{'], brokenLine: 7, error: /^SyntaxError: /,
    helper: '_stop_words.ts', helped: ["['the']", "['the', 'to']"],
  },
  {
    name: 'counts_vowels', file: 'counts_vowels.py',
    changed: ['} vowels"', '} of them"'], answers: ['9 vowels', '9 of them', '4 of them'],
    broken: ['def handler(q=False):', 'def handler(q=False:'], brokenLine: 6, error: /^SyntaxError: /,
    helper: '_vowels.py', helped: ['"aeiou"', '"iou"'],
  },
]

const here = fileURLToPath(new URL('.', import.meta.url))
const main = join(here, '..', '..', 'host', 'main.js')

const scratch = await mkdtemp(join(tmpdir(), 'hot-reload-'))
/** A copy of the modules, because this example saves them. */
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
  const port = await serve()
  for (const story of STORIES) await saveAndAsk(port, story)
} finally {
  clearTimeout(tooLate)
  host?.kill('SIGKILL')
  await rm(scratch, { recursive: true, force: true, maxRetries: 5 })
}

async function saveAndAsk(port: number, story: Story): Promise<void> {
  const { name, file, changed, broken, helper, helped, answers: [first, second, third] } = story
  const events = await listen(port)
  const seen = new Set<string>()
  const asking = new AbortController()
  // Somebody asks all the time: no query may be lost, whatever is saved meanwhile.
  const others = askOnAndOn(port, name, seen, asking.signal)
  assert.equal(await ask(port, name), first)

  await save(file, changed)
  const reloaded = await events.next()
  assert.deepEqual([reloaded.kind, reloaded.module], ['reloaded', name])
  assert.equal(await ask(port, name), second)
  console.log(`${file} was saved: the next query says "${second}"`)

  // Broken: what was good is still served, and the reason is there for everybody, with file and line.
  const good = await readFile(join(modules, 'expansion', file), 'utf8')
  await save(file, broken)
  const { kind, module, version, failure } = await events.next()
  assert.deepEqual([kind, module, version], ['failed', name, reloaded.version])
  assert.match(failure?.error ?? '', story.error)
  assert.deepEqual([failure?.file, failure?.line], [join(modules, 'expansion', file), story.brokenLine])
  assert.equal(await ask(port, name), second)
  const row = await moduleRow(port, name)
  assert.deepEqual([row.loaded, row.version, row.failure?.error], [true, reloaded.version, failure?.error])
  console.log(`broken: "${failure?.error}", line ${failure?.line}; the version before it still answers`)

  // Repaired: the same text again is the same version, which was served all the time.
  await writeFile(join(modules, 'expansion', file), good)
  while ((await moduleRow(port, name)).failure !== null) await wait(20)
  assert.equal((await moduleRow(port, name)).version, reloaded.version)

  const other = STORIES.find((each) => each.name !== name) as Story
  const untouched = (await moduleRow(port, other.name)).version
  await save(helper, helped)
  const again = await events.next((event) => event.version !== reloaded.version)
  assert.deepEqual([again.kind, again.module], ['reloaded', name])
  assert.equal(await ask(port, name), third)
  assert.equal((await moduleRow(port, other.name)).version, untouched)
  console.log(`its helper ${helper} was saved: "${third}", and ${other.name} was left alone`)

  // Whoever asks all the time hears of it with the next query.
  while (!seen.has(third)) await wait(20)
  asking.abort()
  await others
  assert.deepEqual([...seen], [first, second, third])
  events.close()
}

/** Replaces a text in a file of the modules, as an editor does. */
async function save(file: string, [from, to]: readonly [string, string]): Promise<void> {
  const path = join(modules, 'expansion', file)
  const text = await readFile(path, 'utf8')
  assert.ok(text.includes(from), `${file} has ${from}`)
  await writeFile(path, text.replace(from, () => to))
}

interface Listening {
  /** The next one that fits, as soon as it is there. */
  readonly next: (fits?: (event: ModuleEvent) => boolean) => Promise<ModuleEvent>
  readonly close: () => void
}

/** What happens to modules from now on, as `curl -N http://.../api/v1/events` shows it. */
async function listen(port: number): Promise<Listening> {
  const ending = new AbortController()
  const events: ModuleEvent[] = []
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/events`, { signal: ending.signal })
  // It ends with an error when it is closed, and then nobody waits for it.
  collect(response, events).catch(() => {})
  return {
    close: () => ending.abort(),
    async next(fits = () => true) {
      for (;;) {
        const event = events.shift()
        if (event === undefined) await wait(20)
        else if (fits(event)) return event
      }
    },
  }
}

async function collect(response: Response, events: ModuleEvent[]): Promise<void> {
  let text = ''
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = `${text}${chunk}`.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const data = /^data: (.+)$/m.exec(block)?.[1]
      if (data !== undefined) events.push(JSON.parse(data) as ModuleEvent)
    }
  }
}

/** Serves the modules in the folder, and upstream's where the interpreter has them. Settles with the port. */
async function serve(): Promise<number> {
  const python = process.env['MISP_TEST_PYTHON']
  const settings = python === undefined ? [] : ['--python', python, '--state', join(scratch, 'state')]
  const config = join(scratch, 'config.json')
  // Only ours, so that this example is quick.
  await writeFile(config, JSON.stringify({ modules: { '*': { enabled: false }, 'counts_*': { enabled: true } } }))
  const args = [
    main, 'serve', '-l', '127.0.0.1', '-p', '0', '--modules', modules, '--watch', 'on', '--config', config, '--log-format', 'json', ...settings,
  ]
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

async function askOnAndOn(port: number, module: string, seen: Set<string>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    seen.add(await ask(port, module))
    await wait(5)
  }
}

/** The one value that the module answers; what has no results is shown as it is. */
async function ask(port: number, module: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/query`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ module, text: TEXT }),
  })
  const answer = await response.json() as { results?: readonly { values: readonly string[] }[] }
  return answer.results?.[0]?.values[0] ?? JSON.stringify(answer)
}

async function moduleRow(port: number, name: string): Promise<Pick<ModuleEvent, 'version' | 'failure'> & { readonly loaded: boolean }> {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/modules/${name}`)
  return await response.json() as Pick<ModuleEvent, 'version' | 'failure'> & { readonly loaded: boolean }
}
