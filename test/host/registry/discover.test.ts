import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'vitest'
import { discover } from '../../../host/registry/discover.ts'
import type { Runtime } from '../../../sandboxes/runtime.ts'
import { pythonRuntime } from '../../../sandboxes/python/runtime.ts'

let folder = ''
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'discover-')) })
afterEach(() => rmSync(folder, { recursive: true }))

describe('a name that several files claim', () => {
  it('belongs to the root given last, and then to the one before it', ({ expect }) => {
    const files = ['package/expansion/dns.py', 'custom/import_mod/dns.py', 'modules/expansion/dns.py'].map(make)
    const { candidates, clashes } = discovered('package', 'custom', 'modules')
    expect(candidates).toEqual([{ name: 'dns', sources: files.toReversed().map((file) => expect.objectContaining({ file })) }])
    expect(clashes).toEqual([])
  })

  it('belongs to none of them where they are in one root, and each is named with the other', ({ expect }) => {
    const [first, second] = ['custom/expansion/twice.py', 'custom/export_mod/twice.py'].map(make)
    const { candidates, clashes } = discovered('custom')
    expect(candidates).toEqual([])
    expect(clashes.map(({ source, failure }) => [source.file, failure.error])).toEqual([
      [first, `the name "twice" is claimed by ${first} and ${second}`], [second, `the name "twice" is claimed by ${first} and ${second}`],
    ])
  })
})

it('a root of modules that are apart is looked through for 2000, and the next is told of', ({ expect }) => {
  const files = Array.from({ length: 2003 }, (_, at) => make(`r/expansion/m${String(at).padStart(4, '0')}.py`))
  const apart = { ...python(), confined: [] }
  const { candidates, clashes } = discover([{ path: join(folder, 'r'), builtin: false }], [apart])
  expect(candidates.flatMap(({ sources }) => sources.map(({ file }) => file))).toEqual(files.slice(0, 2000))
  expect(clashes.map(({ source, failure }) => [source.file, failure.error])).toEqual([
    [files[2000], 'there are more than 2000 modules in its root: this one and those after it are not looked at'],
  ])
  expect(discovered('r').candidates.length).toBe(2003)
  for (let at = 0; at < 10_000; at += 1) make(`s/expansion/${at}.txt`)
  const told = (): (string | undefined)[] => discover([{ path: join(folder, 's'), builtin: false }], [apart]).clashes.map(({ failure }) => failure.error)
  expect(told()).toEqual([])
  make('s/expansion/z.txt')
  expect(told()).toEqual(['there are more than 10000 files in this folder: the others are not looked at'])
})

it('a link in a circle is no module and hides no other, and a folder that cannot be read is told of', ({ expect }) => {
  make('r/expansion/there.py')
  symlinkSync('circle.py', join(folder, 'r/expansion/circle.py'))
  symlinkSync('hover', join(folder, 'r/import_mod'))
  symlinkSync('export_mod', join(folder, 'r/export_mod'))
  const { candidates, clashes } = discovered('r')
  expect(candidates.map(({ name }) => name)).toEqual(['there'])
  expect(clashes.map(({ source, failure }) => [source.file, failure.error])).toEqual([
    [join(folder, 'r/export_mod'), expect.stringMatching(/^this folder cannot be read: ELOOP/)],
  ])
})

it('helpers, other folders and what is no Python file are no modules', ({ expect }) => {
  for (const file of ['r/expansion/_helper.py', 'r/hover/dns.py', 'r/expansion/notes.txt', 'r/expansion/deep/dns.py', 'r/dns.py']) make(file)
  make('r/expansion/my-mod.v2.py')
  expect(discovered('r').candidates.map(({ name }) => name)).toEqual(['my-mod.v2'])
})

function make(file: string): string {
  const path = join(folder, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, '')
  return path
}

function discovered(...roots: readonly string[]) {
  return discover(roots.map((root) => ({ path: join(folder, root), builtin: root === 'package' })), [python()])
}

function python(): Runtime {
  return pythonRuntime({ python: 'python3', runnerFolder: '', form: 'single', descriptors: 1, fileMb: 1, debugHttp: false })
}
