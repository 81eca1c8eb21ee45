import { describe, it } from 'vitest'
import { importCycles, importsOf, readSourceTree, type SourceTree } from './support/source_tree.ts'

interface Rule {
  readonly claim: string
  /** What breaks the rule in a tree, a line each. */
  readonly violations: (tree: SourceTree) => readonly string[]
  /** A small tree that breaks it, and nothing else. */
  readonly broken: Readonly<Record<string, string>>
}

const LANGUAGES = ['python', 'isolate', 'command']
const LONGEST = 300

const RULES: readonly Rule[] = [
  {
    claim: 'the border never imports the host',
    violations: importsWhere((from, to) => within(from, 'sandboxes') && within(to, 'host')),
    broken: { 'sandboxes/pool.ts': `import type { Config } from '../host/config/config.ts'` },
  },
  {
    claim: 'host and border import nothing of tests, examples or modules',
    violations: importsWhere((from, to) => within(from, 'host', 'sandboxes') && within(to, 'test', 'examples', 'modules')),
    broken: { 'host/cli/serve.ts': `const { echo } = await import('../../test/support/echo.ts')` },
  },
  {
    claim: 'the languages do not know each other',
    violations: importsWhere((from, to) => languageOf(from) !== undefined && languageOf(to) !== undefined && languageOf(from) !== languageOf(to)),
    broken: { 'sandboxes/isolate/compile.ts': `import { findBasePython } from '../python/base_python.ts'` },
  },
  {
    claim: 'in the border only the table of runtimes knows a language',
    violations: importsWhere((from, to) =>
      within(from, 'sandboxes') && languageOf(from) === undefined && languageOf(to) !== undefined && from !== 'sandboxes/runtimes.ts'),
    broken: { 'sandboxes/cell/fork.ts': `import {\n  pythonRuntime,\n} from '../python/runtime.ts'` },
  },
  {
    claim: 'in the host only what sets it up knows a language: commands and the composition, never the way of a query',
    violations: importsWhere((from, to) => within(from, 'host/http', 'host/dispatch', 'host/registry', 'host/config') && languageOf(to) !== undefined),
    broken: { 'host/registry/discover.ts': `export { EXTRAS } from '../../sandboxes/python/requirements.ts'\nexport const NAME = 'discover'` },
  },
  {
    claim: 'a query goes from http to dispatch to registry, and no import goes back',
    violations: importsWhere((from, to) => LAYERS.indexOf(layerOf(from)) > LAYERS.indexOf(layerOf(to)) && within(to, 'host')),
    broken: { 'host/registry/registry.ts': `import { statistics } from '../dispatch/statistics.ts'` },
  },
  {
    claim: 'http knows of the registry what a catalogue looks like and what happens to modules, no more',
    violations: importsWhere((from, to) => within(from, 'host/http') && within(to, 'host/registry')
      && to !== 'host/registry/catalogue.ts' && to !== 'host/registry/events.ts'),
    broken: { 'host/http/server.ts': `import { Registry } from '../registry/registry.ts'` },
  },
  {
    claim: 'nobody imports what has side effects',
    violations: importsWhere((_from, to) => to === 'host/main.js'),
    broken: { 'host/cli/program.ts': `import '../main.js'` },
  },
  {
    claim: 'no import leads back to where it came from',
    violations: (tree) => importCycles(importsOf(tree)),
    broken: { 'host/a.ts': `import { b } from './b.ts'`, 'host/b.ts': `import type { C } from './c.ts'`, 'host/c.ts': `export { a } from './a.ts'\nexport type C = string` },
  },
  {
    claim: 'host and border write out what they import, so that the other rules see it',
    violations: textWhere(/\bimport\s*\(\s*[^'"\s]/, (path) => within(path, 'host', 'sandboxes') && /\.[jt]s$/.test(path)),
    broken: { 'host/cli/program.ts': 'const command = await import(`./${name}.ts`)' },
  },
  {
    claim: 'isolated-vm is loaded in the runner of isolates and nowhere else',
    violations: importsWhere((from, to) => to === 'isolated-vm' && within(from, 'host', 'sandboxes') && !within(from, 'sandboxes/isolate')),
    broken: { 'sandboxes/cell/cells.ts': `const ivm = createRequire(import.meta.url)('isolated-vm')\nrequire('isolated-vm')` },
  },
  {
    claim: 'modules are compiled in processes of their own and nowhere else',
    violations: importsWhere((from, to) => to === 'rolldown' && within(from, 'host', 'sandboxes') && !within(from, 'sandboxes/isolate') && from !== 'sandboxes/bundle_program.ts'),
    broken: { 'host/offer.ts': `const { rolldown } = await import('rolldown')` },
  },
  {
    claim: 'the environment is read in main.js and by the configuration alone, and by the shim, which is a process of its own',
    violations: textWhere(/\bprocess\s*\??\.\s*env\b|\benv\b[^=\n]*\}\s*=\s*process\b|\{[^}]*\benv\b[^}]*\}\s*from\s*'(?:node:)?process'/,
      (path) => within(path, 'host', 'sandboxes') && /\.[jt]s$/.test(path) && path !== 'host/main.js' && !within(path, 'host/config', 'sandboxes/command/shim')),
    broken: { 'sandboxes/python/probe.ts': `const { env: variables, argv } = process` },
  },
  {
    claim: 'no file only hands on what others export',
    violations: (tree) => [...tree].filter(([path, text]) => path.endsWith('.ts') && isBarrel(path, text)).map(([path]) => path),
    broken: { 'sandboxes/wire/wire.ts': `export * from './frames.ts'\nexport {\n  toMessage,\n} from './messages.ts'\n` },
  },
  {
    claim: 'every name says what a file is for',
    violations: (tree) => [...tree.keys()].filter((path) => path.split('/').some((name) => /^(utils?|helpers?|common|misc)(\.\w+)*$/.test(name))),
    broken: { 'host/utils/text.ts': '', 'test/support/helpers.test.ts': '' },
  },
  {
    claim: `no file is longer than ${LONGEST} lines`,
    violations: (tree) => [...tree].map(([path, text]) => [path, text.split('\n').length - 1] as const)
      .filter(([, lines]) => lines > LONGEST).map(([path, lines]) => `${path}: ${lines}`),
    broken: { 'host/host.ts': 'x\n'.repeat(LONGEST + 1) },
  },
]

describe('the architecture', () => {
  const tree = readSourceTree()

  for (const { claim, violations, broken } of RULES) {
    it(claim, ({ expect }) => {
      expect(violations(tree)).toEqual([])
    })

    it(`is checked: ${claim}`, ({ expect }) => {
      const small = new Map(Object.entries(broken))
      expect(violations(small)).not.toEqual([])
      expect(RULES.filter((rule) => rule.violations(small).length > 0).map((rule) => rule.claim)).toEqual([claim])
    })
  }

  it('is read from the files that there are', ({ expect }) => {
    expect(importsOf(tree)).toEqual(expect.arrayContaining([
      { from: 'sandboxes/runtimes.ts', to: 'sandboxes/python/runtime.ts' },
      { from: 'host/cli/python.ts', to: 'sandboxes/python/install.ts' },
      { from: 'test/architecture.test.ts', to: 'vitest' },
    ]))
    expect([...tree.keys()].filter((path) => path.endsWith('.py')).length).toBeGreaterThan(50)
  })
})

/** The folders of the host that a query passes through, in order, after what puts them together. */
const LAYERS = ['', 'host/http', 'host/dispatch', 'host/registry']

function layerOf(path: string): string {
  return LAYERS.find((layer) => layer !== '' && within(path, layer)) ?? ''
}

function importsWhere(forbidden: (from: string, to: string) => boolean): Rule['violations'] {
  return (tree) => importsOf(tree).filter(({ from, to }) => forbidden(from, to)).map(({ from, to }) => `${from} -> ${to}`)
}

function textWhere(pattern: RegExp, concerned: (path: string) => boolean): Rule['violations'] {
  return (tree) => [...tree].filter(([path, text]) => concerned(path) && pattern.test(text)).map(([path]) => path)
}

function within(path: string, ...folders: readonly string[]): boolean {
  return folders.some((folder) => path.startsWith(`${folder}/`))
}

function languageOf(path: string): string | undefined {
  return LANGUAGES.find((language) => within(path, `sandboxes/${language}`))
}

function isBarrel(path: string, text: string): boolean {
  if (/(^|\/)index\.ts$/.test(path)) return true
  const rest = text.replace(/^export\b[^'"=(]*\bfrom\s*['"][^'"]+['"];?$/gm, '').replace(/\/\*.*?\*\/|\/\/[^\n]*/gs, '').trim()
  return text.trim() !== '' && rest === ''
}
