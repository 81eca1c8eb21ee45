import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { cli, CLI_MODULES, startCli, stateForTest, type CliOptions, type StateForTest } from '../../support/cli.ts'
import { alive, eventually } from '../../support/processes.ts'

let state: StateForTest
beforeAll(async () => {
  state = await stateForTest()
})
afterAll(() => state[Symbol.dispose]())

const query = (words: readonly string[], options?: CliOptions) => cli(['query', ...words, '--modules', CLI_MODULES, ...state.args], options)

describe('the body of a query', () => {
  /** What the module got. */
  const got = async (words: readonly string[], options?: CliOptions) => {
    const { out, err } = await query(['gets', ...words, '--json'], options)
    if (out === '') throw new Error(err)
    return Buffer.from((JSON.parse(out) as { got: string }).got, 'base64').toString()
  }

  it('is made of key=value words: dotted keys nest, JSON is JSON to the last digit, the rest is text', async ({ expect }) => {
    const words = ['attribute.type=ip-src', 'attribute.value=1.2.3.4', 'n=12345678901234567890', 'b=true', 'z=null', 'config={"a": 1.0}', 'q="7"', 'e=', 't=a=b']
    expect(await got(words)).toBe('{"module":"gets","attribute":{"type":"ip-src","value":"1.2.3.4"},"n":12345678901234567890,"b":true,"z":null,'
      + '"config":{"a": 1.0},"q":"7","e":"","t":"a=b"}')
  })

  it('has the bytes of a file in base64 where a value begins with @', async ({ expect }) => {
    const folder = mkdtempSync(join(tmpdir(), 'mmh-query-'))
    writeFileSync(join(folder, 'file.bin'), Buffer.from([0, 1, 254, 255]))
    expect(await got(['data=@file.bin', 'handle="@someone"'], { cwd: folder })).toBe('{"module":"gets","data":"AAH+/w==","handle":"@someone"}')
    rmSync(folder, { recursive: true })
  })

  it('is one JSON object as it is, from the command line or from stdin, with "module" in front', async ({ expect }) => {
    expect(await got(['{ "a" : 1.50 }'])).toBe('{"module":"gets", "a" : 1.50 }')
    expect(await got(['-'], { input: '{"b":[1e2]}' })).toBe('{"module":"gets","b":[1e2]}')
    expect(await got([], { input: '{"module":"gets","c":1}' })).toBe('{"module":"gets","c":1}')
    expect(await got([])).toBe('{"module":"gets"}')
  })

  const wrong: readonly [string, readonly string[], string][] = [
    ['a word that is none of these', ['nonsense'], 'expected key=value, one JSON object or -, found "nonsense"'],
    ['a key with and without a dot', ['a=1', 'a.b=2'], 'expected a of a.b to have no value of its own, found 1'],
    ['the same key twice', ['a=1', 'a=2'], 'expected a once, found it twice'],
    ['a file that is not there', ['data=@/nowhere/at/all'], 'expected a file to read for data=@/nowhere/at/all'],
    ['what is no JSON', ['{"a":'], 'expected a JSON object, found'],
    ['JSON that is no object', ['[1]'], 'expected a JSON object, found [1]'],
    ['the name of another module', ['{"module":"dns"}'], 'expected "module" in the body to be "gets", as in the command, found "dns"'],
    ['a timeout that is none', ['timeout=soon'], 'expected "timeout" to be a number of seconds, found "soon"'],
  ]
  for (const [title, words, said] of wrong) {
    it(`is refused with status 2: ${title}`, async ({ expect }) => {
      const { status, err, out } = await query(['gets', ...words])
      expect(err).toContain(said)
      expect({ status, out }).toEqual({ status: 2, out: '' })
    })
  }
})

describe('an answer', () => {
  it('of the old form is a table, harmless for a terminal, with numbers as the module wrote them', async ({ expect }) => {
    const { status, out, err } = await query(['old_style'])
    expect({ status, err }).toEqual({ status: 0, err: '' })
    expect(out).toBe([
      'types  values            comment',
      'text   first             of both',
      '       \\x1b[2Jsecond',
      'link   9007199254740993',
      '',
    ].join('\n'))
  })

  it('of the form that MISP stores is a table of attributes and one for each object, then the rest', async ({ expect }) => {
    const { out } = await query(['standard'])
    expect(out).toBe([
      'Attributes',
      'type    value         tags',
      'ip-src  198.51.100.7  tlp:green',
      '',
      'Object domain-ip (u-2)',
      'object_relation  type    value',
      'ip               ip-dst  198.51.100.8',
      '  resolved-to u-1',
      'EventReport:',
      '  - name: report',
      '    content: one',
      '             two',
      '',
    ].join('\n'))
  })

  it('of an export is its text, or its size where it is none', async ({ expect }) => {
    expect((await query(['exports'])).out).toBe('data: 8 bytes\na,b\n1,2\nwarnings:\n  - one\n')
    expect((await query(['exports', 'binary=true'])).out).toContain('data: 3 bytes that are no text')
  })

  it('is printed byte by byte with --json', async ({ expect }) => {
    const { stdout } = await query(['old_style', '--json'])
    expect(stdout.toString()).toBe('{"results":[{"types":["text"],"values":["first","\\u001b[2Jsecond"],"comment":"of both"},{"types":"link","values":9007199254740993}]}')
  })

  it('comes with what the module logged where that is asked for', async ({ expect }) => {
    expect((await query(['old_style', '--verbose'])).err).toBe('the module logged:\n  a line on stdout\n')
  })

  it('of upstream\'s own modules is the same as a server\'s', async ({ expect }) => {
    const { out, status } = await cli(['query', 'yara_syntax_validator', 'yara=rule a { condition: true }', '--json', ...state.args])
    expect({ out, status }).toEqual({ out: '{"results":[{"types":["text"],"values":"Syntax valid"}]}', status: 0 })
  })
})

describe('a failure', () => {
  it('that the module answers has status 1, and its text on stderr', async ({ expect }) => {
    const { status, err, out } = await query(['says_error'])
    expect({ status, err, out }).toEqual({ status: 1, err: 'the module answered an error: A key is required.\n', out: '' })
    expect(await query(['says_error', '--json'])).toMatchObject({ status: 1, out: '{"error":"A key is required."}' })
  })

  it('of the module says so, with its traceback and what it logged', async ({ expect }) => {
    const { status, err } = await query(['throws'])
    expect(status).toBe(1)
    expect(err).toMatch(/^Traceback .*throws\.py", line 6, in handler.*MODULE_THREW, a fault of the module: ValueError: on purpose\nthe module logged:\n {2}about to fail\n$/s)
  })

  it('to load says what is missing and which command mends it', async ({ expect }) => {
    const { status, err } = await query(['lacks_package'])
    expect(status).toBe(1)
    expect(err).toContain(`the module does not load: ModuleNotFoundError: No module named 'a_package_that_nobody_has'`)
    expect(err).toMatch(/mend it with: \S+ -m pip install a-package-that-nobody-has/)
  })

  it('to load of an override is said, and what it overrides answers', async ({ expect }) => {
    const { status, err, out } = await query(['countrycode', 'domain=www.example.com'])
    expect(err).toBe(`${CLI_MODULES}/expansion/countrycode.py does not load and is passed over: RuntimeError: not today\n`)
    expect({ status, out }).toMatchObject({ status: 0, out: expect.stringContaining('Commercial (Worldwide)') })
  })

  it('of a process is told apart from one of its code', async ({ expect }) => {
    expect(await query(['exits'])).toMatchObject({ status: 1, err: expect.stringContaining('MODULE_CRASHED, a fault of the module') })
  })

  it('to answer in time ends the module, and shows what it had printed', async ({ expect }) => {
    const { status, err } = await query(['hangs', '--timeout', '0.5'])
    const [, pid] = /hangs in process (\d+)/.exec(err) ?? []
    expect(status).toBe(1)
    expect(err).toContain('MODULE_TIMED_OUT, a fault of the module')
    await eventually(() => expect(alive(Number(pid))).toBe(false))
  })

  it('to name a module has status 2, and names the nearest and what there is', async ({ expect }) => {
    const { status, err } = await query(['old_styl'])
    expect(status).toBe(2)
    expect(err).toContain('expected a module, found "old_styl"; did you mean "old_style"? there are: ')
    expect(err).toContain('whois, ')
  })

  it('to find an environment is no reason to make one', async ({ expect }) => {
    using empty = await stateForTest()
    const { status, err } = await cli(['query', 'dns', '--state', empty.path], { env: { PATH: '/nowhere', HOME: empty.path } })
    expect(status).toBe(1)
    expect(err).toMatch(/^found: no environment with misp-modules.*\nneeded: .*\nmend it with: misp-module-host python install\n$/)
  })
})

describe('Ctrl-C', () => {
  it('ends the query and the module, with the status of an interrupted program', async ({ expect }) => {
    const folder = mkdtempSync(join(tmpdir(), 'mmh-query-'))
    // The module has another account.
    chmodSync(folder, 0o777)
    const file = join(folder, 'pid')
    const running = startCli(['query', 'hangs', `file=${file}`, '--modules', CLI_MODULES, '--verbose', ...state.args])
    await eventually(() => expect(existsSync(file)).toBe(true), 30_000)
    const pid = Number(readFileSync(file, 'utf8'))
    running.kill('SIGINT')
    expect(await running.ended).toMatchObject({ status: 130, err: 'interrupted by SIGINT\n' })
    await eventually(() => expect(alive(pid)).toBe(false))
    expect(readdirSync(join(state.path, 'run'))).toEqual([])
    rmSync(folder, { recursive: true })
  })
})

describe('settings of one module', () => {
  it('hold for a query without a server', async ({ expect }) => {
    const file = join(state.path, 'config.json')
    writeFileSync(file, JSON.stringify({ modules: { gets: { enabled: false }, hangs: { timeout: 0.4 } } }))
    expect(await query(['gets', '--config', file])).toMatchObject({ status: 1, err: expect.stringContaining('"gets" is disabled in the configuration') })
    expect(await query(['hangs', '--config', file])).toMatchObject({ status: 1, err: expect.stringContaining('MODULE_TIMED_OUT') })
  })
})
