import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { compiled, compiledNamespace, moduleRoot, refused, releaseRoots } from '../../support/module_root.ts'

afterAll(releaseRoots)

/** A package as npm would install it. */
function npmPackage(name: string, manifest: object, files: Readonly<Record<string, string>>, below = ''): Record<string, string> {
  const folder = `${below}node_modules/${name}`
  const inside = Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text])
  return { [`${folder}/package.json`]: JSON.stringify({ name, version: '1.0.0', ...manifest }), ...Object.fromEntries(inside) as Record<string, string> }
}

const takes = (name: string): string => `import * as all from '${name}'\nexport default all\n`

describe('packages beside a module', () => {
  it('ECMAScript modules, CommonJS and JSON', async () => {
    const root = moduleRoot({
      'expansion/both.ts': "import modern from 'modern'\nimport old, { one } from 'old'\nimport { version } from 'old/package.json'\nexport default [modern, one, old.two, version]\n",
      ...npmPackage('modern', { type: 'module', exports: './m.js' }, { 'm.js': "import { part } from './part.js'\nexport default part\n", 'part.js': "export const part = 'modern'\n" }),
      ...npmPackage('old', { main: 'lib' }, { 'lib/index.js': "exports.one = 1\nexports.two = require('./two')\n", 'lib/two.js': 'module.exports = 2\n' }),
    })
    expect(await compiledNamespace(root, 'expansion/both.ts')).toMatchObject({ default: ['modern', 1, 2, '1.0.0'] })
  })

  it('with scopes, with packages of their own, in folders further up', async () => {
    const root = moduleRoot({
      'modules/expansion/deep.ts': "import { name } from '@scope/outer/sub'\nexport default name\n",
      ...npmPackage('@scope/outer', { exports: { './sub': './sub.js' } }, { 'sub.js': "exports.name = 'outer ' + require('inner')\n" }),
      ...npmPackage('inner', {}, { 'index.js': "module.exports = 'own'\n" }, 'node_modules/@scope/outer/'),
      ...npmPackage('inner', {}, { 'index.js': "module.exports = 'other'\n" }),
    })
    expect(await compiledNamespace(join(root, 'modules'), 'expansion/deep.ts')).toMatchObject({ default: 'outer own' })
  })

  it('in the form that does without Node', async () => {
    const root = moduleRoot({
      'expansion/forms.ts': "import a from 'conditions'\nimport b from 'fields'\nimport c from 'replaced'\nexport default [a, b, c]\n",
      ...npmPackage('conditions', { exports: { node: './node.js', browser: './browser.js' } }, { 'node.js': "require('node:fs')\n", 'browser.js': "module.exports = 'browser'\n" }),
      ...npmPackage('fields', { main: './node.js', browser: './browser.js' }, { 'node.js': "require('fs')\n", 'browser.js': "module.exports = 'browser'\n" }),
      ...npmPackage('replaced', { main: './main.js', browser: { './node.js': './other.js', 'crypto': false } }, {
        'main.js': "require('crypto')\nmodule.exports = require('./node.js')\n", 'node.js': "require('fs')\n", 'other.js': "module.exports = 'other'\n",
      }),
    })
    expect(await compiledNamespace(root, 'expansion/forms.ts')).toMatchObject({ default: ['browser', 'browser', 'other'] })
  })

  it('that ask for what is not there and go on without', async () => {
    const root = moduleRoot({
      'expansion/tries.ts': "import { found, later } from 'tries'\nexport default found\nexport { later }\n",
      ...npmPackage('tries', {}, {
        'index.js': "let found = 'nothing'\ntry { found = require('crypto') } catch {}\nexports.found = found\nexports.later = () => import('node:fs')\n",
      }),
    })
    expect(await compiledNamespace(root, 'expansion/tries.ts')).toMatchObject({ default: 'nothing' })
  })

  it('that rely on sloppy mode, and on NODE_ENV and global', async () => {
    const root = moduleRoot({
      'expansion/sloppy.ts': takes('sloppy'),
      ...npmPackage('sloppy', {}, { 'index.js': 'leaked = 1\nexports.values = [leaked, process.env.NODE_ENV, typeof global]\n' }),
    })
    expect(await compiledNamespace(root, 'expansion/sloppy.ts')).toMatchObject({ default: { values: [1, 'production', 'object'] } })
  })

  it('whose files import each other', async () => {
    const root = moduleRoot({
      'expansion/ring.ts': takes('ring'),
      ...npmPackage('ring', {}, { 'index.js': "exports.a = 1\nexports.b = require('./b').b\n", 'b.js': "const { a } = require('.')\nexports.b = a + 1\n" }),
    })
    expect(await compiledNamespace(root, 'expansion/ring.ts')).toMatchObject({ default: { a: 1, b: 2 } })
  })
})

describe('what packages there are decides about the version', () => {
  it('by what each says of itself, and by its files', async () => {
    const root = moduleRoot({ 'expansion/uses.ts': takes('small'), ...npmPackage('small', {}, { 'index.js': 'exports.a = 1\n', 'unused.js': '' }) })
    const { files } = await compiled(root, 'expansion/uses.ts')
    expect(files.map(({ path }) => path.slice(root.length + 1)).sort()).toEqual(['expansion/uses.ts', 'node_modules/small/index.js', 'node_modules/small/package.json'])
  })

  it('by what each says of itself alone, where they have very many files', async () => {
    const many = Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`part_${i}.js`, `exports.a = ${i}\n`]))
    const root = moduleRoot({
      'expansion/uses.ts': takes('large'),
      ...npmPackage('large', {}, { ...many, 'index.js': Object.keys(many).map((name) => `require('./${name}')\n`).join('') }),
    })
    const { files } = await compiled(root, 'expansion/uses.ts')
    expect(files.map(({ path }) => path.slice(root.length + 1)).sort()).toEqual(['expansion/uses.ts', 'node_modules/large/package.json'])
  })
})

describe('a package that cannot be used', () => {
  it('for want of a module of Node, is named with it', async () => {
    const root = moduleRoot({
      'expansion/uses.ts': takes('outer'),
      ...npmPackage('outer', {}, { 'index.js': "module.exports = require('@scope/reads')\n" }),
      ...npmPackage('@scope/reads', {}, { 'lib/index.js': "\nconst fs = require('node:fs')\nmodule.exports = fs\n" }),
      'node_modules/@scope/reads/package.json': '{"name":"@scope/reads","version":"1.0.0","main":"lib/index.js"}',
    })
    const reason = await refused(root, 'expansion/uses.ts')
    expect(reason.error).toMatch(/^the package "@scope\/reads", which "outer" brings, imports "node:fs" .*, which modules do not have;/)
    expect(reason).toMatchObject({ file: `${root}/node_modules/@scope/reads/lib/index.js`, line: 2 })
    expect(reason.missing).toBeUndefined()
  })

  it('because another is missing, is named with the command that installs it', async () => {
    const root = moduleRoot({ 'my modules/expansion/uses.ts': takes('outer'), ...npmPackage('outer', {}, { 'index.js': "module.exports = require('absent')\n" }, 'my modules/') })
    expect(await refused(join(root, 'my modules'), 'expansion/uses.ts')).toMatchObject({
      error: expect.stringMatching(/^the package "outer" imports "absent" .* not installed$/), missing: 'absent', install: `npm install --prefix '${root}/my modules' absent`,
    })
  })

  it('because it does not offer what is asked for', async () => {
    const root = moduleRoot({ 'expansion/uses.ts': takes('closed/inner.js'), ...npmPackage('closed', { exports: './index.js' }, { 'index.js': '', 'inner.js': '' }) })
    const reason = await refused(root, 'expansion/uses.ts')
    expect(reason.error).toContain("Could not resolve 'closed/inner.js' in expansion/uses.ts: Package subpath is not defined by exports")
    expect(reason.missing).toBeUndefined()
  })

  it('because it is not installed, where the module has a project of its own', async () => {
    const root = moduleRoot({ 'expansion/package.json': '{}', 'expansion/lacks.ts': "// first\nimport x from '@scope/not-there/sub'\nexport default x\n" })
    expect(await refused(root, 'expansion/lacks.ts')).toMatchObject({
      error: `expansion/lacks.ts imports "@scope/not-there/sub", and that package is not installed`,
      missing: '@scope/not-there',
      install: `npm install --prefix ${root}/expansion @scope/not-there`,
      file: `${root}/expansion/lacks.ts`,
      line: 2,
    })
  })

  it('because it lies elsewhere', async () => {
    const root = moduleRoot({ 'modules/expansion/uses.ts': takes('linked'), 'elsewhere/index.js': 'exports.a = 1\n', 'elsewhere/package.json': '{"name":"linked"}' })
    mkdirSync(join(root, 'modules/node_modules'))
    symlinkSync(join(root, 'elsewhere'), join(root, 'modules/node_modules/linked'))
    writeFileSync(join(root, 'modules/package.json'), '{}')
    expect((await refused(join(root, 'modules'), 'expansion/uses.ts')).error).toContain(`imports "linked": ${root}/elsewhere/index.js is neither in the module root`)
  })
})
