import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MODULE_TYPES } from '../../../sandboxes/contract.ts'
import { cli, ownEnvironment, startCli, stateForTest, type CliOptions, type RunningCli, type StateForTest } from '../../support/cli.ts'
import { eventually } from '../../support/processes.ts'

let state: StateForTest
let folder: string
beforeAll(async () => {
  state = await stateForTest()
  folder = mkdtempSync(join(tmpdir(), 'mmh-dev-'))
  // Where the host is root, modules run as nobody.
  chmodSync(folder, 0o755)
})
afterAll(() => {
  state[Symbol.dispose]()
  rmSync(folder, { recursive: true })
})

const LIVENESS_MS = 40_000

interface Dev extends AsyncDisposable {
  readonly running: RunningCli
  /** Settles with what it has said when that fits. */
  said(what: RegExp): Promise<string>
  ask(body: object): Promise<unknown>
}

async function dev(words: readonly string[], options: CliOptions = {}): Promise<Dev> {
  const running = startCli(['dev', ...words, ...(options.env === undefined ? state.args : [])], { cwd: folder, ...options })
  const said = async (what: RegExp): Promise<string> => {
    await eventually(() => expect(running.err()).toMatch(what), LIVENESS_MS)
    return running.err()
  }
  const [, address = ''] = /is served at (http:\S+?);/.exec(await said(/is served at http:\S+;/)) ?? []
  return {
    running,
    said,
    async ask(body) {
      const response = await fetch(`${address}/query`, { method: 'POST', body: JSON.stringify(body) })
      return await response.json()
    },
    async [Symbol.asyncDispose]() {
      running.kill('SIGTERM')
      await running.ended
    },
  }
}

const python = (name: string, root = 'modules') => join(folder, root, 'expansion', `${name}.py`)

describe('dev', () => {
  it('serves what new has written, says how to ask it, and tells of a query: what came, what went, how long, what MISP shows', async () => {
    await cli(['new', 'told', '--language', 'python'], { cwd: folder })
    await using served = await dev([])
    await served.said(/loaded +told {2}expansion, python {2}modules\/expansion\/told\.py/)
    const [, body = ''] = /curl -s http:\S+\/query -d '(\{"module":"told".*\})'/.exec(await served.said(/curl -s/)) ?? []
    expect(await served.ask(JSON.parse(body) as object)).toMatchObject({ results: [{ values: ['example, com'] }, { values: ['com'] }] })
    const text = await served.said(/MISP would show/)
    expect(text).toMatch(/query +told {2}\{"module":"told","domain":"example\.com"/)
    expect(text).toMatch(/answer +told {2}[\d.]+ ms .*\{"results":\[\{"types":\["text"\],"values":\["example, com"\]/)
    expect(text).toMatch(/note +MISP would show: 2 values to choose from: 2 text/)
    await served.said(/log +told {2}2 parts/)
  })

  it('tells of each save: a new module, another version, what is wrong with it, why it does not load, that it is gone', async () => {
    mkdirSync(join(folder, 'saves', 'expansion'), { recursive: true })
    await using served = await dev(['saves'])
    await cli(['new', 'saved', '--language', 'python', '--root', 'saves'], { cwd: folder })
    await served.said(/loaded +saved /)
    const whole = readFileSync(python('saved', 'saves'), 'utf8')
    writeFileSync(python('saved', 'saves'), whole.replace('"hostname"]', '"hostnam"]'))
    await served.said(/reloaded +saved [\s\S]*error +mispattributes\.input: "hostnam" .*did you mean "hostname"/)
    writeFileSync(python('saved', 'saves'), `${whole}\nraise ValueError("on purpose")\n`)
    const text = await served.said(/version before it is still served/)
    expect(text).toMatch(/failed +saved {2}does not load: ValueError: on purpose\n +at saves\/expansion\/saved\.py:\d+\n/)
    expect(await served.ask({ module: 'saved', domain: 'a.b' })).toMatchObject({ results: [{ values: ['a, b'] }, {}] })
    rmSync(python('saved', 'saves'))
    await served.said(/removed +saved /)
  })

  it('serves what new has written in each language, of each type', async () => {
    for (const language of ['typescript', 'python', 'command']) {
      for (const type of MODULE_TYPES) await cli(['new', `${language}_${type}`, '--language', language, '--type', type, '--root', 'all'], { cwd: folder })
    }
    await using served = await dev(['all'])
    for (const language of ['typescript', 'python', 'command']) {
      expect(await served.ask({ module: `${language}_expansion`, hostname: 'www.example.com' })).toMatchObject({ results: [{ values: ['www, example, com'] }, { values: ['com'] }] })
      expect(await served.ask({ module: `${language}_import_mod`, data: 'MTk4LjUxLjEwMC43Cg==', config: {} })).toMatchObject({ results: [{ types: ['ip-dst'], values: ['198.51.100.7'] }] })
      expect(await served.ask({ module: `${language}_export_mod`, data: [] })).toMatchObject({ data: 'dHlwZSx2YWx1ZSxjb21tZW50DQo=' })
      expect(await served.ask({ module: `${language}_action_mod`, data: { Event: { info: 'Malware' } }, params: { word: 'malware' } })).toMatchObject({ data: true })
    }
  })

  it('tells of saves in TypeScript: another version, and file and line of a mistake', async () => {
    await cli(['new', 'typed', '--root', 'typed'], { cwd: folder })
    await using served = await dev(['typed'])
    await served.said(/loaded +typed {2}expansion, isolate/)
    const file = join(folder, 'typed/expansion/typed.ts')
    const whole = readFileSync(file, 'utf8')
    writeFileSync(file, whole.replace("'Top level'", "'TLD'"))
    await served.said(/reloaded +typed /)
    writeFileSync(file, `${whole}const broken = ;\n`)
    expect(await served.said(/version before it is still served/)).toMatch(/failed +typed {2}does not load: SyntaxError: .*\n +at typed\/expansion\/typed\.ts:28\n/)
    expect(await served.ask({ module: 'typed', domain: 'a.b' })).toMatchObject({ results: [{}, { comment: 'TLD' }] })
  })

  it('says what raised in a query, with the traceback', async () => {
    mkdirSync(join(folder, 'raises', 'expansion'), { recursive: true })
    const text = 'def handler(q=False):\n    raise ValueError("on purpose")\n\n\ndef introspection():\n    return {"input": ["domain"]}\n\n\ndef version():\n    return {}\n'
    writeFileSync(python('raising', 'raises'), text)
    await using served = await dev(['raises'])
    await served.ask({ module: 'raising', domain: 'a.b' })
    expect(await served.said(/failed +raising {2}[\d.]+ ms/)).toMatch(/MODULE_THREW: ValueError: on purpose\n[\s\S]*raising\.py", line 2, in handler/)
  })

  const SECRETS = 'def handler(q=False):\n    return {"results": []}\n\n\ndef introspection():\n    return {"input": ["domain"]}\n\n\ndef version():\n    return {"config": ["key"]}\n'

  it('hides the values of settings, and cuts long texts', async () => {
    mkdirSync(join(folder, 'hides', 'expansion'), { recursive: true })
    writeFileSync(python('hiding', 'hides'), SECRETS)
    await using served = await dev(['hides'])
    await served.ask({ module: 'hiding', domain: 'a'.repeat(1000), config: { key: 'open sesame' }, params: { bot_token: 'open sesame', word: 'shown' } })
    const text = await served.said(/answer +hiding/)
    expect(text).toContain('"config":{"key":"[redacted]"},"params":{"bot_token":"[redacted]","word":"shown"}')
    expect(text).toMatch(/"domain":"a{200}\.\.\. \(1000 characters\)"/)
    expect(text).not.toContain('open sesame')
  })

  it('shows them with --debug-extended', async () => {
    mkdirSync(join(folder, 'shows', 'expansion'), { recursive: true })
    writeFileSync(python('showing', 'shows'), SECRETS)
    await using served = await dev(['shows', '--debug-extended'])
    await served.ask({ module: 'showing', domain: 'a.b', config: { key: 'open sesame' } })
    await served.said(/query +showing {2}.*open sesame/)
  })

  it('does without Python: other languages are served, and it says which modules are not', async () => {
    await cli(['new', 'snake', '--language', 'python', '--root', 'mixed'], { cwd: folder })
    await cli(['new', 'perl_one', '--language', 'command', '--root', 'mixed'], { cwd: folder })
    using bare = await stateForTest()
    const env = { ...ownEnvironment(), PATH: '/usr/bin:/bin', VIRTUAL_ENV: undefined }
    await using served = await dev(['mixed', '--state', bare.path], { env })
    await served.said(/loaded +perl_one /)
    expect(await served.said(/no Python with misp-modules was found/)).toContain('modules in Python (expansion/snake.py) are not served')
    expect(await served.ask({ module: 'perl_one', domain: 'a.b' })).toMatchObject({ results: [{ values: ['a, b'] }, {}] })
  })

  it('ends with status 0 at Ctrl-C', async () => {
    const served = await dev(['modules'])
    served.running.kill('SIGINT')
    expect((await served.running.ended).status).toBe(0)
  })

  it('of a folder that is not there says how to make one, and ends with status 2', async () => {
    const { status, err } = await cli(['dev', 'nowhere', ...state.args], { cwd: folder })
    expect(err).toContain('expected a folder with modules at nowhere, found none; "misp-module-host new NAME --root nowhere" makes one')
    expect(status).toBe(2)
  })
})
