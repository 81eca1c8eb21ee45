import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { cli, CLI_MODULES, stateForTest, type CliOptions, type StateForTest } from '../../support/cli.ts'

const MODULES = fileURLToPath(new URL('../../fixtures/check', import.meta.url))

let state: StateForTest
let folder: string
beforeAll(async () => {
  state = await stateForTest()
  folder = mkdtempSync(join(tmpdir(), 'mmh-check-'))
  // Where the host is root, modules run as nobody.
  chmodSync(folder, 0o755)
})
afterAll(() => {
  state[Symbol.dispose]()
  rmSync(folder, { recursive: true })
})

const check = (words: readonly string[], options?: CliOptions) => cli(['check', ...words, ...state.args], options)

interface Report {
  readonly modules: readonly {
    readonly name: string
    readonly type: string
    readonly loaded: boolean
    readonly mend?: string
    readonly failure?: { readonly line?: number; readonly file?: string }
    readonly findings: readonly { readonly severity: string; readonly about: string; readonly message: string }[]
    readonly sample?: { readonly outcome: string; readonly shows: readonly string[]; readonly body: unknown; readonly answer?: unknown }
  }[]
  readonly skipped: readonly { readonly file: string; readonly why: string }[]
  readonly comparedWith: string
  readonly summary: Readonly<Record<string, number>>
}

async function report(words: readonly string[], options?: CliOptions): Promise<Report & { readonly status: number | null }> {
  const { out, err, status } = await check([...words, '--json'], options)
  if (out === '') throw new Error(err)
  return { ...JSON.parse(out) as Report, status }
}

describe('check of one module', () => {
  it('says that nothing is wrong, what was asked, and what MISP would show', async ({ expect }) => {
    const { status, out, err } = await check([join(MODULES, 'expansion/simple.py')])
    expect(err).toBe('')
    expect(out).toMatch(/simple\.py: simple, expansion, python: loads in \d+ ms\n {2}asked: {"module":"simple","domain":"example.com"/)
    expect(out).toContain('MISP would show: 1 value to choose from: 1 text')
    expect(out).toContain('1 module: 0 errors, 0 warnings, 0 notes\n')
    expect(status).toBe(0)
  })

  it('loads it with its helpers, as the host does, and asks in the form it declares', async ({ expect }) => {
    const { modules: [module], status } = await report([join(MODULES, 'expansion/standard.py')])
    expect(module?.findings).toEqual([])
    expect(module?.sample?.shows).toEqual(['1 attribute: text', '1 object: domain-ip (2 attributes)', '1 reference', '1 tag'])
    expect(module?.sample?.body).toMatchObject({ module: 'standard', attribute: { type: 'domain', value: 'example.com' } })
    expect(status).toBe(0)
  })

  it('finds what is wrong with its introspection and with its answer, and ends with status 1', async ({ expect }) => {
    const { modules: [module], status, comparedWith } = await report([join(MODULES, 'expansion/mistakes.py')])
    expect(module?.findings.map(({ severity, about }) => `${severity} ${about}`)).toEqual([
      'warning mispattributes.fromat', 'error mispattributes.input', 'warning meta.descrption', 'warning meta.description',
      'error meta.module-type', 'error meta.config', 'error answer.results[0].types', 'warning answer.results[0].categries',
      'warning answer.results[1].types', 'warning answer.results[1].values',
    ])
    expect(comparedWith).toMatch(/^pymisp /)
    expect(status).toBe(1)
  })

  it('says why it does not load: file and line, the missing package and the command that brings it', async ({ expect }) => {
    const { status, out } = await check([join(CLI_MODULES, 'expansion/lacks_package.py')])
    expect(out).toMatch(/lacks_package, expansion, python: does not load\n {2}error {4}ModuleNotFoundError: .*lacks_package\.py:3\)/)
    expect(out).toMatch(/mend it with: .*python -m pip install a-package-that-nobody-has/)
    expect(status).toBe(1)
  })

  it('says file and line of a mistake in TypeScript', async ({ expect }) => {
    const { status, out } = await check([join(MODULES, 'expansion/broken.ts')])
    expect(out).toMatch(/broken, expansion, isolate: does not load\n {2}error {4}ReferenceError: nobody is not defined \(.*broken\.ts:6\)/)
    expect(status).toBe(1)
  })

  it('takes what is thrown at a request without settings for a mistake: MISP sends such', async ({ expect }) => {
    const { modules: [module], status } = await report([join(MODULES, 'expansion/needs_settings.py')])
    expect(module?.findings).toEqual([expect.objectContaining({ severity: 'error', message: expect.stringContaining('the request had no settings; MISP sends one like it') })])
    expect(status).toBe(1)
    const given = await report([join(MODULES, 'expansion/needs_settings.py'), '--query', 'domain=a.b', 'config.key=1'])
    expect(given.modules[0]?.findings).toEqual([])
  })

  it('shows where it raised, from its own first line on', async ({ expect }) => {
    const { status, out } = await check([join(CLI_MODULES, 'expansion/throws.py')])
    expect(out).toMatch(/error {4}query: MODULE_THREW: ValueError: on purpose\n[\s\S]* {4} *File ".*throws\.py", line 6, in handler\n/)
    expect(out).not.toContain('runner/main.py')
    expect(status).toBe(1)
  })

  it('notes that it did not reach the network, which is no fault of it', async ({ expect }) => {
    const { modules: [module], status } = await report([join(MODULES, 'expansion/offline.py')])
    expect(module?.findings).toEqual([expect.objectContaining({ severity: 'note', message: expect.stringContaining('did not reach the network') })])
    expect(status).toBe(0)
  })

  it('ends a query that is not answered in time', async ({ expect }) => {
    const { out, status } = await check([join(CLI_MODULES, 'expansion/hangs.py'), '--timeout', '0.2'])
    expect(out).toContain('warning  query: no answer within 0.2 s')
    expect(status).toBe(0)
  })

  it('asks what --query says: words, an object, a file', async ({ expect }) => {
    const file = join(folder, 'query.json')
    writeFileSync(file, '{"domain": "from.file"}')
    const values = (value: string) => ({ results: [{ values: [value] }] })
    const answer = async (...query: string[]) => {
      const { modules: [module] } = await report([join(MODULES, 'expansion/simple.py'), '--query', ...query])
      return module?.sample?.answer
    }
    expect(await answer('domain=from.words')).toMatchObject(values('FROM.WORDS'))
    expect(await answer('{"domain":"from.object"}')).toMatchObject(values('FROM.OBJECT'))
    expect(await answer(file)).toMatchObject(values('FROM.FILE'))
  })
})

describe('check of a file outside of a module root', () => {
  it('takes it for what it says of itself, and says so', async ({ expect }) => {
    cpSync(join(MODULES, 'import_mod/lines.py'), join(folder, 'lines.py'))
    const { modules: [module] } = await report([join(folder, 'lines.py')])
    expect(module).toMatchObject({ name: 'lines', type: 'import_mod', loaded: true })
    expect(module?.findings[0]).toMatchObject({ severity: 'note', about: 'type', message: expect.stringContaining('taken for import_mod') })
  })

  it('takes it for what --type says', async ({ expect }) => {
    cpSync(join(MODULES, 'expansion/simple.py'), join(folder, 'simple.py'))
    const { modules: [module] } = await report([join(folder, 'simple.py'), '--type', 'export_mod'])
    expect(module?.findings.map(({ about }) => about)).toContain('mispattributes.outputFileExtension')
  })
})

describe('check of a folder', () => {
  it('checks every module below, passes over helpers, and names what no language claims', async ({ expect }) => {
    const { modules, skipped, summary, status } = await report([MODULES])
    expect(modules.map(({ name }) => name)).toEqual(['greets', 'broken', 'mistakes', 'needs_settings', 'offline', 'simple', 'standard', 'values', 'lines'])
    expect(skipped.map(({ file, why }) => `${file.slice(MODULES.length)}: ${why}`)).toEqual([
      '/expansion/_texts.py: a helper: files that begin with _ are no modules',
      expect.stringContaining('/expansion/notes.txt: no runtime claims it'),
    ])
    expect(summary).toMatchObject({ modules: 9 })
    expect(status).toBe(1)
  })

  it('of one type checks that', async ({ expect }) => {
    const { modules } = await report([join(MODULES, 'export_mod')])
    expect(modules[0]).toMatchObject({ name: 'values', sample: { shows: ['a file of 57 bytes'] } })
    expect(modules[0]?.findings.map(({ about }) => about)).toEqual(['mispattributes.outputFileExtension'])
  })

  it('asks imports with a file and their fields, actions with their parameters', async ({ expect }) => {
    const { modules } = await report([join(MODULES, 'import_mod')])
    expect(modules[0]?.sample?.body).toMatchObject({ config: { comment: 'sample', sure: 'sample' }, filename: 'sample.txt' })
    expect(modules[0]?.findings).toEqual([expect.objectContaining({ severity: 'error', about: 'mispattributes.userConfig.sure.type' })])
    const actions = await report([join(MODULES, 'action_mod')])
    expect(actions.modules[0]?.sample).toMatchObject({ body: { params: { name: '' } }, shows: ['the error: expected a name to greet, found none', 'a workflow that stops at this action'] })
    expect(actions.modules[0]?.findings).toEqual([expect.objectContaining({ severity: 'note', message: expect.stringContaining('no settings') })])
    expect(actions.status).toBe(0)
  })
})

it('check of a folder with Python in it, without Python, says so and how to get it', async ({ expect }) => {
  const empty = mkdtempSync(join(tmpdir(), 'mmh-check-'))
  try {
    const { status, out, err } = await cli(['check', join(MODULES, 'expansion'), '--state', empty], { env: { PATH: '/nowhere', HOME: empty } })
    expect(err).toMatch(/^found: no environment with misp-modules: .*\nneeded: .*\nmend it with: misp-module-host python install\n$/)
    expect({ status, out }).toEqual({ status: 1, out: '' })
  } finally {
    rmSync(empty, { recursive: true })
  }
})

describe('check, called wrongly,', () => {
  const wrong: readonly [string, readonly string[], string][] = [
    ['with nothing there', ['/nowhere/at/all'], 'expected a file or a folder, found nothing at /nowhere/at/all'],
    ['with a helper', [join(MODULES, 'expansion/_texts.py')], 'a helper: files that begin with _ are no modules'],
    ['with what no language claims', [join(MODULES, 'expansion/notes.txt')], 'no runtime claims it (there are: python'],
    ['with a type that there is not', [MODULES, '--type', 'expand'], "Allowed choices are expansion, import_mod, export_mod, action_mod"],
    ['with another type than that of the folder', [join(MODULES, 'expansion/simple.py'), '--type', 'import_mod'], 'expected --type to be expansion'],
    ['with one request for several modules', [MODULES, '--query', 'domain=x'], 'expected one module with --query, found 9'],
    ['with a request that is not there', [join(MODULES, 'expansion/simple.py'), '--query', '/nowhere.json'], 'expected --query to be a file with a JSON object'],
  ]
  for (const [title, words, said] of wrong) {
    it(`${title}, says so and ends with status 2`, async ({ expect }) => {
      const { status, err, out } = await check(words)
      expect(err).toContain(said)
      expect({ status, out }).toEqual({ status: 2, out: '' })
    })
  }
})
