import { symlinkSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { afterAll, describe, expect, it } from 'vitest'
import { askCell, compiled, compiledNamespace, moduleRoot, refused, releaseRoots } from '../../support/module_root.ts'

afterAll(releaseRoots)

describe('a module is bundled', () => {
  it('types are removed and not checked', async () => {
    const root = moduleRoot({
      'expansion/typed.ts': 'enum Kind { one = 1 }\ninterface Shape { a: string }\nconst wrong: number = "text"\nexport default { wrong, kind: Kind.one, shape: {} as Shape }\n',
    })
    expect(await compiledNamespace(root, 'expansion/typed.ts')).toMatchObject({ default: { wrong: 'text', kind: 1 } })
  })

  it('with the files that it imports, with and without their endings, and JSON', async () => {
    const root = moduleRoot({
      'expansion/imports.ts': "import a from './_a'\nimport b from './_b.ts'\nimport c from '../shared/c.js'\nimport d from './_d.json'\nimport e from './_e.json' with { type: 'json' }\nimport f from './folder'\nexport default [a, b, c, d, e, f]\n",
      'expansion/_a.ts': 'export default 1\n',
      'expansion/_b.ts': 'export default 2\n',
      'shared/c.ts': 'export default 3\n',
      'expansion/_d.json': '{"four":4}',
      'expansion/_e.json': '\uFEFF[5]',
      'expansion/folder/index.ts': 'export default 6\n',
    })
    expect(await compiledNamespace(root, 'expansion/imports.ts')).toMatchObject({ default: [1, 2, 3, { four: 4 }, [5], 6] })
  })

  it('from JavaScript of either kind', async () => {
    const root = moduleRoot({
      'expansion/old.js': "const { one } = require('./_one.js')\nmodule.exports = { one }\n",
      'expansion/_one.js': 'exports.one = 1\n',
      'expansion/new.mjs': "export { default } from './old.js'\nexport const two = 2\n",
    })
    expect(await compiledNamespace(root, 'expansion/old.js')).toMatchObject({ default: { one: 1 } })
    expect(await compiledNamespace(root, 'expansion/new.mjs')).toMatchObject({ default: { one: 1 }, two: 2 })
  })

  it('whose files import each other', async () => {
    const root = moduleRoot({
      'expansion/ring.ts': "import { b } from './_b'\nexport const a = () => 'a'\nexport default () => b()\n",
      'expansion/_b.ts': "import { a } from './ring'\nexport const b = () => a() + 'b'\n",
    })
    const { default: ring } = await compiledNamespace(root, 'expansion/ring.ts') as { default: () => string }
    expect(ring()).toBe('ab')
  })

  it('to a script in strict mode, as modules are', async () => {
    const root = moduleRoot({ 'expansion/strict.js': 'export default function () { return this === undefined }\n' })
    const { default: isStrict } = await compiledNamespace(root, 'expansion/strict.js') as { default: () => boolean }
    expect(Reflect.apply(isStrict, undefined, [])).toBe(true)
  })

  it('to one that sets the namespace also where nothing is exported', async () => {
    const root = moduleRoot({ 'expansion/empty.ts': '', 'expansion/acts.ts': 'globalThis.acted = true\n' })
    for (const file of ['expansion/empty.ts', 'expansion/acts.ts']) expect(Object.keys(await compiledNamespace(root, file))).toEqual([])
  })

  it('with what the project offers to modules', async () => {
    const root = moduleRoot({ 'expansion/offered.ts': "import { defineModule } from 'misp-module-host/sdk'\nexport default typeof defineModule\n" })
    expect(await compiledNamespace(root, 'expansion/offered.ts')).toMatchObject({ default: 'function' })
  })

  it('whose root is reached through a link, and is called what discovery called it', async () => {
    const root = moduleRoot({ 'real/expansion/linked.ts': "import a from './_a'\nexport default a\n", 'real/expansion/_a.ts': 'export default 1\n' })
    symlinkSync(join(root, 'real'), join(root, 'link'))
    const { files, map } = await compiled(join(root, 'link'), 'expansion/linked.ts')
    const expected = ['_a', 'linked'].map((name) => join(root, 'link/expansion', `${name}.ts`))
    expect(files.map(({ path }) => path).sort()).toEqual(expected)
    expect(map.sources).toEqual(expected.slice(1))
  })
})

describe('the source map', () => {
  it('leads from the script to the line that its author wrote', async () => {
    const root = moduleRoot({
      'expansion/fails.ts': "import { fail } from './_fail'\n\nexport default () => fail()\n",
      'expansion/_fail.ts': '// one\n// two\nexport function fail(): never {\n  throw new Error("marker")\n}\n',
    })
    const { code, map } = await compiled(root, 'expansion/fails.ts')
    const lines = code.split('\n')
    const line = lines.findIndex((text) => text.includes('marker'))
    const found = new SourceMap(map as unknown as SourceMapPayload).findEntry(line, lines[line]?.indexOf('throw') ?? -1)
    expect(found).toMatchObject({ originalSource: `${root}/expansion/_fail.ts`, originalLine: 3 })
  })
})

describe('what is wrong with a module', () => {
  it('is said in one line, with its file and line', async () => {
    const root = moduleRoot({ 'expansion/broken.ts': "import './_half'\nexport default {}\n", 'expansion/_half.ts': 'export const a = 1\nexport const b = {\n  c: ,\n}\n' })
    const reason = await refused(root, 'expansion/broken.ts')
    expect(reason).toMatchObject({ error: 'SyntaxError: Unexpected token (expansion/_half.ts:3:6)', file: `${root}/expansion/_half.ts`, line: 3 })
    expect(reason.trace).toContain('c: ,')
    expect(`${reason.error}${reason.trace}`).not.toContain('\u001B')
  })

  it('comes with the files that were read, because a change of another one may mend it', async () => {
    const root = moduleRoot({ 'expansion/broken.ts': "import './_half'\n", 'expansion/_half.ts': 'export const =' })
    const { files = [] } = await refused(root, 'expansion/broken.ts')
    expect(files.map(({ path }) => path).sort()).toEqual([`${root}/expansion/_half.ts`, `${root}/expansion/broken.ts`])
  })

  it.for([
    ['a file that is not there', "import './_nope'\n", 'expansion/bad.ts imports "./_nope", and there is no such file'],
    ['a name that is not exported', "import { nope } from './_some'\nexport default nope\n", '"nope" is not exported by "expansion/_some.ts"'],
    ['waiting outside of functions', 'export default await 1\n', 'await at the top level'],
    ['a kind of file that nobody understands', "import x from './_text.txt'\nexport default x\n", 'is of none of the kinds that can be imported'],
    ['JSON that is none', "import x from './_bad.json'\nexport default x\n", 'expansion/_bad.json'],
    ['bytes that are no text', "import './_binary'\n", 'expansion/_binary.ts is not UTF-8'],
  ] as const)('%s', async ([, code, error]) => {
    const root = moduleRoot({
      'expansion/bad.ts': code,
      'expansion/_some.ts': 'export const other = 1\n',
      'expansion/_text.txt': 'text',
      'expansion/_bad.json': '{"a": }',
      'expansion/_binary.ts': Buffer.from([0x2f, 0x2f, 0xff, 0xfe]),
    })
    const reason = await refused(root, 'expansion/bad.ts')
    expect(reason.error).toContain(error)
    expect(reason.error).not.toContain('\n')
    expect(reason.file).toBeDefined()
  })
})

describe('a module that is too large', () => {
  const budget = { codeBytes: 20_000, inputBytes: 200_000, contentBytes: 1 << 20 }
  const text = (bytes: number): string => `export default '${'x'.repeat(bytes)}'\n`

  it('is refused with the sizes, and the largest of its files', async () => {
    const root = moduleRoot({
      'expansion/large.ts': "import a from './_a'\nimport b from './_b'\nexport default [a, b]\n", 'expansion/_a.ts': text(5000), 'expansion/_b.ts': text(18_000),
    })
    expect((await refused(root, 'expansion/large.ts', budget)).error).toMatch(
      /bundle has 0\.023 MB, at most 0\.020 MB may be; the largest of its files: expansion\/_b\.ts \(0\.018 MB\), expansion\/_a\.ts \(0\.005 MB\)/,
    )
  })

  it('is not read to its end', async () => {
    const files = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`expansion/_f${i}.ts`, text(50_000)]))
    const root = moduleRoot({ ...files, 'expansion/large.ts': `${Object.keys(files).map((_, i) => `import './_f${i}'\n`).join('')}export default 1\n` })
    expect((await refused(root, 'expansion/large.ts', budget)).error).toMatch(/files have 0\.\d+ MB and there are more, at most 0\.2 MB are read/)
  })

  it('is one of more than 5 MB', async () => {
    const root = moduleRoot({ 'expansion/fits.ts': text(4_900_000), 'expansion/large.ts': text(5_000_001) })
    expect((await compiled(root, 'expansion/fits.ts')).code.length).toBeGreaterThan(4_900_000)
    expect((await refused(root, 'expansion/large.ts')).error).toContain('at most 5.0 MB may be')
  })
})

describe('a compile cell', () => {
  it('answers with the digests of what it has read, and ends with its channel', async () => {
    const root = moduleRoot({ 'expansion/two.js': "export { default } from './_other.mjs'\n", 'expansion/_other.mjs': 'export default 1\n' })
    const { header, payload, status } = await askCell(root, join(root, 'expansion/two.js'))
    const digest = (text: string): string => createHash('sha256').update(text).digest('hex')
    expect(header).toMatchObject({ type: 'loaded', id: 'one' })
    expect(header.type === 'loaded' && header.files?.toSorted((a, b) => a.path.localeCompare(b.path))).toEqual([
      { path: `${root}/expansion/_other.mjs`, sha256: digest('export default 1\n') },
      { path: `${root}/expansion/two.js`, sha256: digest("export { default } from './_other.mjs'\n") },
    ])
    expect(Object.keys(JSON.parse(payload.toString()) as object)).toEqual(['code', 'map'])
    expect(status).toBe(0)
  })

  it('answers why not, and ends with its channel', async () => {
    const root = moduleRoot({ 'expansion/bad.js': 'export default {' })
    expect(await askCell(root, join(root, 'expansion/bad.js'))).toMatchObject({ header: { type: 'failed', line: 1 }, status: 0 })
  })
})
