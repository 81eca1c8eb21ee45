import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { MODULE_TYPES } from '../../../sandboxes/contract.ts'
import { cli, ownEnvironment, stateForTest, type StateForTest } from '../../support/cli.ts'
import { testPython } from '../../support/python.ts'
import { PROJECT } from '../../support/source_tree.ts'

let state: StateForTest
let folder: string
beforeAll(async () => {
  state = await stateForTest()
  folder = mkdtempSync(join(tmpdir(), 'mmh-new-'))
  // Where the host is root, modules run as nobody.
  chmodSync(folder, 0o755)
})
afterAll(() => {
  state[Symbol.dispose]()
  rmSync(folder, { recursive: true })
})

const make = (...words: readonly string[]) => cli(['new', ...words], { cwd: folder })

/** Runs a program to its end, in the folder: its status and all that it printed. */
function run(program: string, ...args: readonly string[]): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve) => {
    execFile(program, args, { cwd: folder, env: ownEnvironment() }, (error, out, err) => {
      resolve({ status: error === null ? 0 : Number(error.code ?? 1), text: `${out}${err}` })
    })
  })
}

const LANGUAGES = {
  typescript: { module: 'ts', test: (name: string) => [process.execPath, '--test', `modules/tests/${name}.test.ts`], count: /pass [23]\b/ },
  python: { module: 'py', test: (name: string) => [testPython(), `modules/tests/test_${name}.py`], count: /Ran [23] tests/ },
  command: { module: 'module.json', test: (name: string) => ['perl', `modules/tests/${name}.t`], count: /ok 2/ },
}

describe.each(Object.keys(LANGUAGES) as (keyof typeof LANGUAGES)[])('what new writes in %s', (language) => {
  const { module, test, count } = LANGUAGES[language]
  const nameOf = (type: string): string => `a_${language}_${type}`

  it.for(MODULE_TYPES)('is a module of type %s and a test, which passes; and check finds nothing wrong', async (type, { expect }) => {
    const name = nameOf(type)
    const { status, out, err } = await make(name, '--type', type, '--language', language)
    expect(err).toBe('')
    expect(status).toBe(0)
    expect(out).toContain(`modules/${type}/${name}.${module}`)
    const [program = '', ...args] = test(name)
    const tested = await run(program, ...args)
    expect(tested.text).toMatch(count)
    expect(tested.status).toBe(0)
    const checked = await cli(['check', `modules/${type}/${name}.${module}`, '--json', ...state.args], { cwd: folder })
    const report = JSON.parse(checked.out) as { modules: { loaded: boolean; findings: unknown[]; sample: { outcome: string } }[] }
    expect(report.modules[0]).toMatchObject({ loaded: true, findings: [], sample: { outcome: 'success' } })
    expect(checked.status).toBe(0)
  })
})

describe('what new writes', () => {
  it('says what was written, and how to serve, check and test it', async ({ expect }) => {
    const { out } = await make('told', '--root', 'told-root')
    expect(out).toMatch(/^written\ntold-root\/expansion\/told\.ts +the module\ntold-root\/tests\/told\.test\.ts +its test\n/)
    expect(out).toMatch(/ dev told-root\n[\s\S]* check told-root\/expansion\/told\.ts\n[\s\S]* --test told-root\/tests\/told\.test\.ts\n/)
  })

  it('carries the name of the module and none of the template', async ({ expect }) => {
    await make('my_dns_lookup', '--language', 'python', '--root', 'named')
    const text = ['named/expansion/my_dns_lookup.py', 'named/tests/test_my_dns_lookup.py'].map((path) => readFileSync(join(folder, path), 'utf8')).join('')
    expect(text).toContain('"name": "My dns lookup"')
    expect(text).toContain('class MyDnsLookup(unittest.TestCase)')
    expect(text).not.toMatch(/example.?module/i)
  })

  it('is understood by tsc from an empty folder, the types of queries with it', async ({ expect }) => {
    for (const type of MODULE_TYPES) await make(`typed_${type}`, '--type', type, '--root', 'typed')
    const tsc = [join(PROJECT, 'node_modules/.bin/tsc'), '-p', 'typed'] as const
    expect(await run(process.execPath, ...tsc)).toEqual({ status: 0, text: '' })
    const file = join(folder, 'typed/expansion/typed_expansion.ts')
    writeFileSync(file, readFileSync(file, 'utf8').replace('config.separator', 'config.seperator'))
    expect((await run(process.execPath, ...tsc)).text).toContain("Property 'seperator' does not exist")
  })

  it('has a package that npm understands, once for a root', async ({ expect }) => {
    await make('first', '--root', 'twice')
    const manifest = readFileSync(join(folder, 'twice/package.json'), 'utf8')
    expect(JSON.parse(manifest)).toMatchObject({ type: 'module', devDependencies: { 'misp-module-host': expect.stringMatching(/^file:/) } })
    const { out } = await make('second', '--root', 'twice')
    expect(out).not.toContain('package.json')
    expect(readFileSync(join(folder, 'twice/package.json'), 'utf8')).toBe(manifest)
  })

  it('is nothing that a root of Python modules does not need', async ({ expect }) => {
    await make('snake', '--language', 'python', '--root', 'snakes')
    expect(readdirSync(join(folder, 'snakes')).sort()).toEqual(['expansion', 'tests'])
  })
})

describe('new overwrites nothing', () => {
  it('and refuses a name that another language has', async ({ expect }) => {
    await make('taken', '--root', 'taken')
    const { status, err } = await make('taken', '--root', 'taken', '--language', 'python', '--type', 'import_mod')
    expect(err).toMatch(/expected a name that no module of .* has, found "taken" in .*expansion\/taken\.ts/)
    expect(status).toBe(2)
    expect(existsSync(join(folder, 'taken/import_mod'))).toBe(false)
  })

  it('and refuses where the test of that name is there, before anything is written', async ({ expect }) => {
    mkdirSync(join(folder, 'own/tests'), { recursive: true })
    writeFileSync(join(folder, 'own/tests/mine.test.ts'), 'mine')
    const { status, err } = await make('mine', '--root', 'own')
    expect(err).toMatch(/expected no file at .*mine\.test\.ts, found one: nothing is overwritten/)
    expect(status).toBe(2)
    expect(existsSync(join(folder, 'own/expansion'))).toBe(false)
  })

  it('where the system lets nobody write, its word is all that is said', async ({ expect }) => {
    const { status, err, out } = await make('mine', '--root', '/sys/mine')
    expect(err).toMatch(/^E(?:PERM|ACCES|ROFS): .*'\/sys\/mine\S*'\n$/)
    expect({ status, out }).toEqual({ status: 1, out: '' })
  })

  it('also where a package is there already', async ({ expect }) => {
    mkdirSync(join(folder, 'package'), { recursive: true })
    writeFileSync(join(folder, 'package/package.json'), '{"name":"mine"}')
    const { status } = await make('mine', '--root', 'package')
    expect(status).toBe(0)
    expect(readFileSync(join(folder, 'package/package.json'), 'utf8')).toBe('{"name":"mine"}')
  })
})

describe('new, called wrongly,', () => {
  const wrong: readonly [string, readonly string[], string][] = [
    ['with a dash', ['my-module'], 'expected a name of letters, digits and _ that begins with a letter and has at most 60 characters, found "my-module"; did you mean "my_module"?'],
    ['with what would be a helper', ['_mine'], 'found "_mine"; did you mean "mine"?'],
    ['with a path', ['../mine'], 'found "../mine"; did you mean "mine"?'],
    ['with a file', ['mine.ts'], 'found "mine.ts"; did you mean "mine_ts"?'],
    ['with a type that there is not', ['mine', '--type', 'hover'], 'Allowed choices are expansion, import_mod, export_mod, action_mod'],
    ['with a language that there is not', ['mine', '--language', 'ruby'], 'Allowed choices are typescript, python, command'],
    ['with no name', [], "missing required argument 'NAME'"],
  ]
  for (const [title, words, said] of wrong) {
    it(`${title}, says so, writes nothing, and ends with status 2`, async ({ expect }) => {
      const { status, err, out } = await make(...words, '--root', 'wrong')
      expect(err).toContain(said)
      expect({ status, out }).toEqual({ status: 2, out: '' })
      expect(existsSync(join(folder, 'wrong'))).toBe(false)
    })
  }
})
