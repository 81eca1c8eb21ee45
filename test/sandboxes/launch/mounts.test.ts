import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, it } from 'vitest'
import { mountsOf } from '../../../sandboxes/launch/mounts.ts'

const folder = mkdtempSync(join(tmpdir(), 'mounts-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('what a cell sees', () => {
  it('is shown in its place: links as links, and nothing twice', ({ expect }) => {
    const [base, link] = [place('base/bin/python'), join(folder, 'current')]
    symlinkSync('base', link)
    expect(shown([join(link, 'bin/python'), link, base])).toEqual([
      `--ro-bind ${join(folder, 'base')} ${join(folder, 'base')}`, `--symlink base ${link}`,
    ])
  })

  it('comes from a copy, where there is one', ({ expect }) => {
    const [home, copy] = [join(folder, 'home'), join(folder, 'copy')]
    for (const path of ['home/bin/python', 'home/lib/os.py', 'home/secret', 'copy/0/python', 'copy/1/os.py']) place(path)
    const copies = { [join(home, 'bin')]: join(copy, '0'), [join(home, 'lib')]: join(copy, '1') }
    const parts = [`--ro-bind ${join(copy, '0')} ${join(home, 'bin')}`, `--ro-bind ${join(copy, '1')} ${join(home, 'lib')}`]
    expect(shown([join(home, 'bin/python'), home, join(home, 'lib/os.py')], copies)).toEqual(parts)
    // By another name.
    symlinkSync(home, join(folder, 'home2'))
    expect(shown([join(folder, 'home2/lib/os.py')], copies)).toEqual([`--ro-bind ${join(copy, '1/os.py')} ${join(folder, 'home2/lib/os.py')}`])
  })

  it('is shown in a folder whose copy is without it', ({ expect }) => {
    const [project, copy] = [join(folder, 'project'), join(folder, 'other')]
    for (const path of ['project/package/one.py', 'project/.venv/bin/python', 'other/0/package/one.py', 'other/1/python']) place(path)
    expect(shown([join(project, '.venv/bin/python'), join(project, '.venv'), project], { [project]: join(copy, '0'), [join(project, '.venv/bin')]: join(copy, '1') }))
      .toEqual([`--ro-bind ${join(copy, '0')} ${project}`, `--ro-bind ${join(copy, '1')} ${join(project, '.venv/bin')}`])
  })
})

function place(path: string): string {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), '')
  return join(folder, path)
}

/** An argument with its values a line, without the files of /etc. */
function shown(reads: readonly string[], copies = {}): string[] {
  const lines = mountsOf(reads, '/etc-of-cells', copies).join(' ').split(/ (?=--)/)
  return lines.filter((line) => !line.includes('/etc-of-cells/'))
}
