import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { QueryFailure } from '../../sandboxes/failure.ts'
import { describeModule } from '../../sandboxes/start_runner.ts'
import type { Runtime } from '../../sandboxes/runtime.ts'
import { Border } from '../support/border.ts'
import { testIsolates } from '../support/isolates.ts'
import { compiled, moduleRoot, refused, releaseRoots } from '../support/module_root.ts'

afterAll(releaseRoots)

describe('a module imports files of its root and packages, and nothing else (J21)', () => {
  it.for([
    ["import 'fs'\n", '"fs", which modules do not have'],
    ["import fs from 'node:fs'\nexport default fs\n", '"node:fs", which modules do not have'],
    ["export default () => import('fs')\n", '"fs", which modules do not have'],
    ["export default () => import('node:child_process')\n", '"node:child_process", which modules do not have'],
    ["export default require('fs')\n", '"fs", which modules do not have'],
    ["import x from 'data:text/javascript,export default 1'\nexport default x\n", 'only files and packages can be imported'],
    ["export default () => import('data:text/javascript,1')\n", 'only files and packages can be imported'],
    ["import 'https://example.org/code.js'\n", 'only files and packages can be imported'],
    ["import '//example.org/code.js'\n", 'only files and packages can be imported'],
    ["import x from 'file:///etc/passwd'\nexport default x\n", 'only files and packages can be imported'],
    ["import 'misp-module-host/package.json'\n", 'of that, modules can import "misp-module-host/sdk"'],
  ] as const)('%s', async ([code, error]) => {
    const root = moduleRoot({ 'expansion/asks.ts': `// first\n${code}` })
    expect(await refused(root, 'expansion/asks.ts')).toMatchObject({ error: expect.stringContaining(error), file: `${root}/expansion/asks.ts`, line: 2 })
  })

  it('what is imported by a name that only the running code knows stays a call, for the isolate to refuse', async () => {
    const root = moduleRoot({ 'expansion/asks.ts': 'export default (name: string) => import(name)\n' })
    expect((await compiled(root, 'expansion/asks.ts')).code).toContain('import(name)')
  })
})

describe('a module does not read the machine through the compiler', () => {
  const SECRET = 'secret-of-the-machine'
  const outside = moduleRoot({ 'secret.json': `{"a":"${SECRET}"}`, 'secret.ts': `export default '${SECRET}'\n`, 'folder/secret.json': `["${SECRET}"]` })

  it.for([
    ['by a path that climbs', "import a from '../../OUTSIDE/secret.json'\nexport default a\n"],
    ['by an absolute path', "import a from '/OUTSIDE/secret.json'\nexport default a\n"],
    ['by requiring it', "export default require('/OUTSIDE/secret.json')\n"],
    ['by importing it later', "export default () => import('/OUTSIDE/secret.ts')\n"],
    ['by a link to a file', "import a from './_link.json'\nexport default a\n"],
    ['by a link to a folder', "import a from './_folder/secret.json'\nexport default a\n"],
    ['by a package that climbs', "import a from 'climbs'\nexport default a\n"],
    ['by a package that says that it lies elsewhere', "import a from 'main'\nexport default a\n"],
    ['by a package that replaces a file', "import a from 'replaces'\nexport default a\n"],
    ['by a name of its own for it', "import a from '#secret'\nexport default a\n"],
    ['by the paths of a TypeScript project', "import a from 'mapped'\nexport default a\n"],
  ] as const)('%s', async ([, code]) => {
    const climb = (text: string): string => text.replaceAll('../../OUTSIDE', `../../${outside.split('/').at(-1)}`).replaceAll('/OUTSIDE', outside)
    const root = moduleRoot({
      'expansion/reads.ts': climb(code),
      'node_modules/climbs/index.js': climb("module.exports = require('/OUTSIDE/secret.json')\n"),
      'node_modules/main/package.json': climb('{"main":"../../../OUTSIDE/secret.json"}').replace('/OUTSIDE', `/${outside.split('/').at(-1)}`),
      'node_modules/replaces/package.json': climb('{"browser":{"./real.js":"/OUTSIDE/secret.json"}}'),
      'node_modules/replaces/index.js': "module.exports = require('./real.js')\n",
      'package.json': climb('{"imports":{"#secret":"./../OUTSIDE/secret.json"}}').replace(outside, `/${outside.split('/').at(-1)}`),
      'tsconfig.json': climb('{"compilerOptions":{"paths":{"mapped":["/OUTSIDE/secret.json"]}}}'),
    })
    symlinkSync(join(outside, 'secret.json'), join(root, 'expansion/_link.json'))
    symlinkSync(join(outside, 'folder'), join(root, 'expansion/_folder'))
    const reason = await refused(root, 'expansion/reads.ts')
    expect(JSON.stringify(reason)).not.toContain(SECRET)
    expect(reason.error).toMatch(/is neither in the module root|there is no such file|not installed|Could not resolve/)
  })

  it('nor where the module itself is a link', async () => {
    const root = moduleRoot({})
    mkdirSync(join(root, 'expansion'))
    symlinkSync(join(outside, 'secret.ts'), join(root, 'expansion/linked.ts'))
    expect(JSON.stringify(await refused(root, 'expansion/linked.ts'))).not.toContain(SECRET)
  })

  it('nor by the map that a file says it has', async () => {
    const root = moduleRoot({ 'expansion/maps.js': `export default 1\n//# sourceMappingURL=${outside}/secret.json\n` })
    expect(JSON.stringify(await compiled(root, 'expansion/maps.js'))).not.toContain(SECRET)
  })
})

describe('a module that is a bomb for a compiler fails, and disturbs nobody (J30)', () => {
  const root = moduleRoot({
    'expansion/echo.ts': 'export const introspection = () => ({})\nexport const version = () => ({})\nexport const handler = (query: unknown) => query\n',
  })
  const write = (name: string, code: string): void => writeFileSync(join(root, 'expansion', `${name}.ts`), code)
  write('nested', `export default ${'['.repeat(2_000_000)}${']'.repeat(2_000_000)}\n`)
  write('types', `type A = ${'Array<'.repeat(1_000_000)}1${'>'.repeat(1_000_000)}\nexport default {}\n`)
  write('numerous', `enum E {${Array.from({ length: 500_000 }, (_, i) => `a${i}`).join(',')}}\nexport default E\n`)
  write('long', `export default '${'x'.repeat(21_000_000)}'\n`)

  let border: Border
  let runtime: Runtime
  beforeAll(async () => {
    runtime = await testIsolates()
    border = new Border({ runtime, root, ending: '.ts' })
  }, 60_000)
  afterAll(() => border[Symbol.asyncDispose]())

  it.for([
    ['nested', /nested too deeply/],
    ['types', /nested too deeply/],
    ['numerous', /at most 5\.0 MB may be|took longer than|took more than/],
    ['long', /21\.0 MB, at most 20\.0 MB are read/],
  ] as const)('%s', { timeout: 60_000 }, async ([name, reason]) => {
    const bomb = describeModule(border.unit(name), border, { ms: 60_000 }).then(() => 'loaded', (failure: unknown) => failure)
    const { introspection } = await describeModule(border.unit('echo'), border, { ms: 60_000 })
    expect(introspection.entry).toContain('"name":"echo"')
    const failure = await bomb
    expect(failure).toBeInstanceOf(QueryFailure)
    expect((failure as QueryFailure).message).toMatch(reason)
    expect((failure as QueryFailure).blame).not.toBe('host')
  })

  it('giant unions and deep conditional types are nothing but removed', async () => {
    write('unions', `type U = ${Array.from({ length: 100_000 }, (_, i) => `'u${i}'`).join('|')}\ntype D<T> = ${'T extends string ? 1 : '.repeat(300)}2\nexport default {} as D<U>\n`)
    expect((await compiled(root, 'expansion/unions.ts')).code.length).toBeLessThan(1000)
  })
})
