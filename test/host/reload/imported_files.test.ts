import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { eventually } from '../../support/processes.ts'
import { module, ReloadServer } from '../../support/reload_server.ts'

describe('a helper that is saved', () => {
  let host: ReloadServer
  let elsewhere: string
  beforeAll(async () => {
    elsewhere = mkdtempSync(join(tmpdir(), 'elsewhere-'))
    chmodSync(elsewhere, 0o755)
    writeFileSync(join(elsewhere, 'r_outside.py'), 'VALUE = "outside one"\n')
    host = await ReloadServer.start({
      files: {
        'expansion/_value.py': 'VALUE = "one"\n',
        'expansion/_through.py': 'from ._value import VALUE\n',
        'expansion/r_uses.py': module('_value.VALUE', 'from . import _value'),
        'expansion/r_uses_through.py': module('_through.VALUE', 'from . import _through'),
        'expansion/r_uses_not.py': module('"unmoved"'),
        'expansion/_deep/inner/value.py': 'VALUE = "deep one"\n',
        'expansion/r_deep.py': module('value.VALUE', 'from ._deep.inner import value'),
        'expansion/r_later.py': module('later()', 'def later():\n    from ._later import VALUE\n    return VALUE\n'),
        'expansion/_later.py': 'VALUE = "later one"\n',
        'expansion/r_outside.py': module('r_outside.VALUE', `import sys\nsys.path.append(${JSON.stringify(elsewhere)})\nimport r_outside`),
        'expansion/r_waits.py': module('_missing.VALUE', 'from . import _missing'),
        'expansion/r_broken.py': module('"mended"', 'from ._not_yet import fine'),
        'expansion/_not_yet.py': 'raise ValueError("not yet")\n',
      },
    })
  })
  afterAll(async () => {
    await host?.[Symbol.asyncDispose]()
    rmSync(elsewhere, { recursive: true, force: true })
  })

  it('reloads the modules that use it, directly or through another, and no other', async ({ expect }) => {
    for (const name of ['r_uses', 'r_uses_through']) await host.answers(name, 'one')
    await host.answers('r_uses_not', 'unmoved')
    host.save('_value', 'VALUE = "two"\n')
    for (const name of ['r_uses', 'r_uses_through']) await host.answers(name, 'two')
    await host.answers('r_uses_not', 'unmoved')
    const told = await Promise.all(['r_uses', 'r_uses_through', 'r_uses_not', 'r_deep'].map((name) => host.told(name)))
    expect(told).toEqual([['reloaded'], ['reloaded'], [], []])
  })

  it('counts in a folder below too, with and without an __init__.py', async () => {
    await host.answers('r_deep', 'deep one')
    host.save('expansion/_deep/inner/value.py', 'VALUE = "deep two"\n')
    await host.answers('r_deep', 'deep two')
  })

  it('counts where a function imports it when it is called', async ({ expect }) => {
    await host.answers('r_later', 'later one')
    host.save('_later', 'VALUE = "later two"\n')
    await host.answers('r_later', 'later two')
    expect(await host.told('r_later')).toEqual(['reloaded'])
  })

  it('counts outside the root, where a module reads it', async () => {
    await host.answers('r_outside', 'outside one')
    writeFileSync(join(elsewhere, 'r_outside.py'), 'VALUE = "outside two"\n')
    await host.answers('r_outside', 'outside two')
  })

  it('brings the module that waited for it', async ({ expect }) => {
    expect(await host.names()).not.toContain('r_waits')
    host.save('_missing', 'VALUE = "here"\n')
    await host.answers('r_waits', 'here')
    expect((await host.told('r_waits')).at(-1)).toBe('loaded')
  })

  it('brings the module that did not load because of it', async ({ expect }) => {
    expect(await host.names()).not.toContain('r_broken')
    host.save('_not_yet', 'fine = True\n')
    await host.answers('r_broken', 'mended')
  })

  it('is gone: its users go on with what they have read, and are told of', async ({ expect }) => {
    host.remove('_value')
    await eventually(async () => expect((await host.told('r_uses')).at(-1)).toMatch(/^not loaded: ImportError.*still served$/))
    await host.answers('r_uses', 'two')
    host.save('_value', 'VALUE = "three"\n')
    for (const name of ['r_uses', 'r_uses_through']) await host.answers(name, 'three')
  })
})
