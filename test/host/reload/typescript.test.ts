import { rmSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { eventually } from '../../support/processes.ts'
import { ReloadServer } from '../../support/reload_server.ts'

describe('a module in TypeScript', () => {
  let host: ReloadServer
  beforeAll(async () => {
    host = await ReloadServer.start({
      files: {
        'expansion/r_plain.ts': typescript("'one'"),
        'expansion/_value.ts': "export const VALUE: string = 'one'\n",
        'expansion/_through.ts': "export { VALUE } from './_value.ts'\n",
        'expansion/r_uses.ts': typescript('VALUE', "import { VALUE } from './_value.ts'"),
        'expansion/r_uses_through.ts': typescript('VALUE', "import { VALUE } from './_through.ts'"),
        'expansion/_data.json': '{"value":"one"}',
        'expansion/r_data.ts': typescript('data.value', "import data from './_data.json'"),
        'expansion/r_package.ts': typescript('value', "import { value } from 'kept'"),
        'expansion/r_lacks.ts': typescript('value', "import { value } from 'comes'"),
        ...npmPackage('kept', 'one'),
        'package.json': '{}',
        'package-lock.json': '{"one":1}',
      },
    })
  })
  afterAll(async () => { await host?.[Symbol.asyncDispose]() })

  it('that is saved is served, however often, and is told of once each time', async ({ expect }) => {
    await host.answers('r_plain', 'one')
    for (const value of ['two', 'three']) {
      host.save('expansion/r_plain.ts', typescript(`'${value}'`))
      await host.answers('r_plain', value)
    }
    host.saveByRename('expansion/r_plain.ts', typescript("'four'"))
    await host.answers('r_plain', 'four')
    expect(await host.told('r_plain')).toEqual(['reloaded', 'reloaded', 'reloaded'])
  })

  it('is reloaded when a file that it imports is saved, directly or through another, and no other is', async ({ expect }) => {
    for (const name of ['r_uses', 'r_uses_through']) await host.answers(name, 'one')
    await host.answers('r_data', 'one')
    host.save('expansion/_value.ts', "export const VALUE: string = 'two'\n")
    for (const name of ['r_uses', 'r_uses_through']) await host.answers(name, 'two')
    const told = await Promise.all(['r_uses', 'r_uses_through', 'r_data', 'r_package'].map((name) => host.told(name)))
    expect(told.map((lines) => lines.filter((line) => line === 'reloaded').length)).toEqual([1, 1, 0, 0])
  })

  it('is reloaded when JSON that it imports is saved, and stays as it was while that is no JSON', async ({ expect }) => {
    host.save('expansion/_data.json', '{"value":"two"}')
    await host.answers('r_data', 'two')
    host.save('expansion/_data.json', '{"value":')
    await eventually(async () => expect((await host.told('r_data')).at(-1)).toMatch(/^not loaded: .*still served$/))
    await host.answers('r_data', 'two')
    host.save('expansion/_data.json', '{"value":"three"}')
    await host.answers('r_data', 'three')
  })

  it('that does not compile leaves the last one that did in place, and is told of with its file and line', async ({ expect }) => {
    const before = (await host.told('r_plain')).length
    host.save('expansion/r_plain.ts', `${typescript("'five'")}\nconst broken: = 1\n`)
    await eventually(async () => expect((await host.told('r_plain')).slice(before)).toEqual([expect.stringMatching(/^not loaded: SyntaxError: .*still served$/)]))
    const line = (await host.log()).filter((each) => each['module'] === 'r_plain').at(-1)
    expect(line).toMatchObject({ level: 40, file: host.path('expansion/r_plain.ts'), line: 6 })
    await host.answers('r_plain', 'four')
  })

  it('that throws at its top level leaves the last one in place too, and is told of with the author’s file and line', async ({ expect }) => {
    host.save('expansion/_value.ts', "export const VALUE: string = 'three'\n\nthrow new Error('not today')\n")
    await eventually(async () => expect((await host.told('r_uses')).at(-1)).toMatch(/^not loaded: Error: not today.*still served$/))
    const line = (await host.log()).filter((each) => each['module'] === 'r_uses').at(-1)
    expect(line).toMatchObject({ file: host.path('expansion/_value.ts'), line: 3 })
    await host.answers('r_uses', 'two')
    host.save('expansion/_value.ts', "export const VALUE: string = 'three'\n")
    for (const name of ['r_uses', 'r_uses_through']) await host.answers(name, 'three')
  })

  it('that is saved as one in Python keeps its name and answers as that', async ({ expect }) => {
    host.save('expansion/r_plain.ts', typescript("'typescript'"))
    await host.answers('r_plain', 'typescript')
    rmSync(host.path('expansion/r_plain.ts'))
    host.save('r_plain', 'def handler(q=False):\n    return {"results": "python"}\n\n\ndef introspection():\n    return {"input": ["text"]}\n\n\ndef version():\n    return {"version": "1"}\n')
    await host.answers('r_plain', 'python')
    expect((await host.names()).filter((name) => name === 'r_plain')).toEqual(['r_plain'])
  })

  it('gets the npm packages that are installed beside it: another version of one, and one that it waited for', async ({ expect }) => {
    await host.answers('r_package', 'one')
    expect(await host.names()).not.toContain('r_lacks')
    const lacks = (await host.log()).find((each) => each['module'] === 'r_lacks')
    expect(lacks).toMatchObject({ missing: 'the npm package comes', mend: `npm install --prefix ${host.root} comes` })
    install('kept', 'two')
    await host.answers('r_package', 'two')
    install('comes', 'here')
    await host.answers('r_lacks', 'here')
  })

  it('that is saved while a package is installed is served with both', async () => {
    install('kept', 'three')
    host.save('expansion/r_package.ts', typescript('`${value} and saved`', "import { value } from 'kept'"))
    await host.answers('r_package', 'three and saved')
    host.save('expansion/r_package.ts', typescript('`${value} again`', "import { value } from 'kept'"))
    install('kept', 'four')
    await host.answers('r_package', 'four again')
  })

  it('whose packages change is left alone until their installer is done', async ({ expect }) => {
    const before = (await host.told('r_package')).length
    for (const [path, text] of Object.entries(npmPackage('kept', 'half'))) host.save(path, text)
    await delay(300)
    await host.answers('r_package', 'four again')
    expect(await host.told('r_package')).toHaveLength(before)
    install('kept', 'five')
    await host.answers('r_package', 'five again')
  })

  /** As npm does: the package, and the lock file at last. */
  function install(name: string, value: string): void {
    for (const [path, text] of Object.entries(npmPackage(name, value))) host.save(path, text)
    host.save('package-lock.json', JSON.stringify({ name, value }))
  }
})

function typescript(value: string, first = ''): string {
  return `${first}
export const introspection = (): object => ({ input: ['text'], output: ['text'] })
export const version = (): object => ({ version: '1' })
export const handler = (): object => ({ results: ${value} })
`
}

/** Files of a package, by their paths in the root. */
function npmPackage(name: string, value: string): Record<string, string> {
  return { [`node_modules/${name}/package.json`]: JSON.stringify({ name, version: '1.0.0' }), [`node_modules/${name}/index.js`]: `exports.value = '${value}'\n` }
}
