import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { describeModule, LoadError, type Description } from '../../../sandboxes/start_runner.ts'
import { Border } from '../../support/border.ts'
import { testCommandRuntime } from '../../support/command_shim.ts'

const runtime = await testCommandRuntime()
const GOOD = { introspection: { input: ['text'] }, version: { author: 'me' }, argv: ['./a.sh'] }
const SCRIPT = '#!/bin/sh\necho \'{"results":"yes"}\'\n'

describe('a declaration that cannot be taken is refused with', () => {
  const CASES: readonly (readonly [string, string | object, RegExp, number?])[] = [
    ['the line where it stops to be JSON', '{\n  "introspection": {},\n  "version": {}\n  "argv": []\n}', /^a\.module\.json is not JSON: Expected ',' or '}'/, 4],
    ['its last line, where it is cut off', '{\n  "introspection": {', /is not JSON: /, 2],
    ['what it is, where it is no object', '[]', /^a\.module\.json: expected an object, found \[\]$/, 1],
    ['the key that is missing', { ...GOOD, argv: undefined }, /^a\.module\.json: expected "argv" to be a list of texts, found nothing$/],
    ['the key that is of another kind, and what it is', { ...GOOD, argv: ['./a.sh', 5] }, /expected "argv\.1" to be a text, found 5$/],
    ['the list that is empty', { ...GOOD, argv: [] }, /expected "argv" to be a list of at least one text, the program, found \[\]$/],
    ['the words that there are', { ...GOOD, protocol: 'twice' }, /expected "protocol" to be "once" or "frames", found "twice"$/],
    ['the keys that there are', { ...GOOD, agrv: [] }, /expected the keys introspection, version, argv, protocol, files, found "agrv"$/],
    ['the setting that is no text', { ...GOOD, version: { config: 'key' } }, /expected "version\.config" to be a list of texts, found "key"$/],
    ['the line of the key', '{"introspection": {},\n"version": {},\n\n"argv": "./a.sh"}', /expected "argv" to be a list of texts, found ".\/a\.sh"$/, 4],
    ['the file that is not there', { ...GOOD, argv: ['./b.sh'] }, /^expected the file \/.*\/b\.sh, which a\.module\.json names, found none$/],
    ['the program that is not on PATH', { ...GOOD, argv: ['a-program-of-nobody'] }, /^expected a program "a-program-of-nobody" on PATH, found none in \//],
    ['a hint, where the program lies beside it', { ...GOOD, argv: ['a.sh'] }, /the file beside the declaration is ".\/a\.sh"$/],
    ['the length that it may have', { ...GOOD, version: { description: 'x'.repeat(1 << 20) } }, /at most 1048576 bytes, found/],
  ]

  for (const [what, declaration, error, line] of CASES) {
    it(what, async ({ expect }) => {
      const { failure } = await described({ 'a.module.json': typeof declaration === 'string' ? declaration : JSON.stringify(declaration), 'a.sh': SCRIPT })
      expect(failure?.error).toMatch(error)
      expect(failure?.file).toMatch(/a\.module\.json$/)
      if (line !== undefined) expect(failure?.line).toBe(line)
    })
  }
})

describe('a program that cannot be started is named with', () => {
  const CASES: readonly (readonly [string, string, number, RegExp])[] = [
    ['its mode', SCRIPT, 0o644, /found mode 0644: chmod \+x \/.*a\.sh$/],
    ['the interpreter that is not installed', '#!/opt/nothing/ruby\n', 0o755, /wants the interpreter \/opt\/nothing\/ruby, which is not installed$/],
    ['the interpreter that env does not find', '#!/usr/bin/env -S nothing-of-the-kind -x\n', 0o755, /wants the interpreter nothing-of-the-kind, which is not on PATH$/],
    ['the line ends of another system', '#!/bin/sh\r\necho\r\n', 0o755, /to have Unix line ends/],
    ['what it begins with', 'echo 1\n', 0o755, /or to begin with #! and its interpreter, found "echo 1\\n"$/],
  ]

  for (const [what, script, mode, error] of CASES) {
    it(what, async ({ expect }) => {
      const { failure } = await described({ 'a.module.json': JSON.stringify(GOOD), 'a.sh': script }, mode)
      expect(failure?.error).toMatch(error)
      expect(failure?.file).toMatch(/a\.sh$/)
    })
  }
})

describe('a version of a module', () => {
  it('is its declaration, its program and the files that it names', async ({ expect }) => {
    const declaration = JSON.stringify({ ...GOOD, argv: ['perl', './a.pl'], files: ['./words.txt'] })
    const files = { 'a.module.json': declaration, 'a.pl': 'print 1', 'words.txt': 'one' }
    const [first, other] = [await described(files), await described({ ...files, 'words.txt': 'two' })]
    const names = (each: Outcome) => each.description?.introspection.files.map(({ path }) => path.split('/').at(-1))
    expect(names(first)).toEqual(['a.module.json', 'a.pl', 'words.txt'])
    const digests = (each: Outcome) => each.description?.introspection.files.map(({ sha256 }) => sha256) ?? []
    expect(digests(other).map((digest, at) => digest === digests(first)[at])).toEqual([true, true, false])
  })

  it('has the keys that clients index, also where its declaration says none', async ({ expect }) => {
    const { description } = await described({ 'a.module.json': JSON.stringify({ ...GOOD, version: {} }), 'a.sh': SCRIPT })
    expect(JSON.parse(description?.introspection.entry ?? '')).toEqual({
      name: 'a', type: 'expansion', mispattributes: { input: ['text'] }, meta: { author: '', description: '', 'module-type': ['expansion'] },
    })
  })

  it('is described without its program being started', async ({ expect }) => {
    const { root } = await described({ 'a.module.json': JSON.stringify({ ...GOOD, protocol: 'frames' }), 'a.sh': '#!/bin/sh\ntouch "$MISP_MODULE_DIR/started"\n' })
    expect(() => chmodSync(join(root, 'expansion', 'started'), 0o600)).toThrow('ENOENT')
  })

  it('goes on when its declaration is saved broken', async ({ expect }) => {
    const root = folderWith({ 'a.module.json': JSON.stringify(GOOD), 'a.sh': SCRIPT })
    await using border = new Border({ runtime: runtime(), root, ending: '.module.json' })
    await border.describe('a')
    writeFileSync(join(root, 'expansion', 'a.module.json'), '{')
    expect(await border.ask('a')).toMatchObject({ code: 'success', body: '{"results":"yes"}\n' })
  })
})

interface Outcome {
  readonly root: string
  readonly description?: Description
  readonly failure?: { readonly error: string; readonly file?: string; readonly line?: number }
}

async function described(files: Readonly<Record<string, string>>, mode = 0o755): Promise<Outcome> {
  const root = folderWith(files, mode)
  await using border = new Border({ runtime: runtime(), root, ending: '.module.json' })
  try {
    return { root, description: await describeModule(border.unit('a'), border, { ms: 10_000 }) }
  } catch (error) {
    if (error instanceof LoadError) return { root, failure: error.reason }
    throw error
  }
}

function folderWith(files: Readonly<Record<string, string>>, mode = 0o755): string {
  const root = mkdtempSync(join(tmpdir(), 'declared-'))
  mkdirSync(join(root, 'expansion'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, 'expansion', name), text, { mode: name.endsWith('.json') ? 0o644 : mode })
  return root
}
