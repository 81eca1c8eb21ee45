import { afterAll, describe, expect, it } from 'vitest'
import { compiled, compiledNamespace, moduleRoot, refused, releaseRoots } from '../../support/module_root.ts'

afterAll(releaseRoots)

describe('a module is bundled', () => {
  it('types are removed and not checked', async () => {
    const root = moduleRoot({
      'expansion/typed.ts': 'enum Kind { one = 1 }\ninterface Shape { a: string }\nconst wrong: number = "text"\nexport default { wrong, kind: Kind.one, shape: {} as Shape }\n',
    })
    expect(await compiledNamespace(root, 'expansion/typed.ts')).toMatchObject({ default: { wrong: 'text', kind: 1 } })
  })

  it('with the files it imports, with and without their endings, and JSON', async () => {
    const root = moduleRoot({
      'expansion/imports.ts': "import a from './_a'\nimport b from './_b.ts'\nimport c from '../shared/c.js'\nimport d from './_d.json'\nimport e from './_e.json' with { type: 'json' }\nexport default [a, b, c, d, e]\n",
      'expansion/_a.ts': 'export default 1\n',
      'expansion/_b.ts': 'export default 2\n',
      'shared/c.ts': 'export default 3\n',
      'expansion/_d.json': '{"four":4}',
      'expansion/_e.json': '[5]',
    })
    expect(await compiledNamespace(root, 'expansion/imports.ts')).toMatchObject({ default: [1, 2, 3, { four: 4 }, [5]] })
  })
})

describe('what it does not find', () => {
  it('is named with the command that installs it', async () => {
    const root = moduleRoot({ 'expansion/lacks.ts': "// first\nimport x from '@scope/not-there/sub'\nexport default x\n" })
    expect(await refused(root, 'expansion/lacks.ts')).toMatchObject({
      error: expect.stringContaining(`npm install --prefix ${root} @scope/not-there`),
      missing: '@scope/not-there',
      file: `${root}/expansion/lacks.ts`,
      line: 2,
    })
  })
})

describe('what a cell answers', () => {
  it('names every file it has read, with the digest of what it has read', async () => {
    const root = moduleRoot({ 'expansion/two.js': "export { default } from './_other.mjs'\n", 'expansion/_other.mjs': 'export default 1\n' })
    const { files } = await compiled(root, 'expansion/two.js')
    expect(files.map(({ path }) => path).sort()).toEqual([`${root}/expansion/_other.mjs`, `${root}/expansion/two.js`])
  })
})
