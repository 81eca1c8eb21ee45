import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'vitest'
import { AuthoredFiles, expectOwn } from '../../sandboxes/authored_files.ts'

let folder = ''
let root = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'authored-'))
  root = join(folder, 'root')
  mkdirSync(root)
})
afterEach(() => rmSync(folder, { recursive: true }))

const trusted = () => new AuthoredFiles({ root })
const confined = (...confined: string[]) => new AuthoredFiles({ root, confined })

describe('a file that somebody has named', () => {
  it('is read as it is, through links as well, and has the digest of its content', ({ expect }) => {
    const file = write('root/a.py', 'a = 1\n')
    symlinkSync(file, join(root, 'b.py'))
    for (const path of [file, join(root, 'b.py')]) expect(confined().read(path).toString()).toBe('a = 1\n')
    expect(confined().digest(file)).toBe(createHash('sha256').update('a = 1\n').digest('hex'))
    expect([trusted().digest(join(root, 'none.py')), trusted().digest(root)]).toEqual(['unreadable', 'unreadable'])
  })

  it('is not waited for, and not read without end', ({ expect }) => {
    const pipe = join(root, 'pipe.py')
    execFileSync('mkfifo', [pipe])
    symlinkSync('/dev/zero', join(root, 'zero.py'))
    for (const path of [pipe, join(root, 'zero.py'), '/dev/zero', root]) {
      expect(() => trusted().read(path)).toThrow(`${path} cannot be read: it is no regular file`)
    }
    // A regular file to those who ask; who reads it waits until the kernel has something to say.
    expect(trusted().read('/proc/kmsg').length).toBe(0)
  })

  it('has no more than the files of one module may have together', ({ expect }) => {
    const sparse = write('root/sparse.py', '')
    truncateSync(sparse, 2 ** 31)
    expect(() => trusted().read(sparse)).toThrow(`${sparse} cannot be read: the module's files have more than 256 MB`)
    truncateSync(sparse, 9 << 20)
    const files = confined()
    expect(files.read(sparse).length).toBe(9 << 20)
    expect(() => files.read(sparse)).toThrow("the module's files have more than 16 MB")
    expect(confined().read(sparse).length).toBe(9 << 20)
  })

  it('is in the root or in one of the folders besides, wherever a link leads, where modules are apart', ({ expect }) => {
    const secret = write('secret', 'pin')
    const installed = write('site-packages/a.py', '')
    symlinkSync(secret, join(root, 'x.py'))
    symlinkSync(folder, join(root, 'up'))
    symlinkSync(installed, join(root, 'a.py'))
    for (const path of [join(root, 'x.py'), join(root, 'up/secret')]) {
      expect(trusted().read(path).toString()).toBe('pin')
      expect(() => confined().read(path)).toThrow(`${path} cannot be read: it is a link that leads out of the module's root`)
    }
    expect(() => confined().read(join(root, 'a.py'))).toThrow('leads out')
    expect(confined(join(folder, 'site-packages')).read(join(root, 'a.py')).length).toBe(0)
  })
})

describe('files that a runner says to have read', () => {
  const claim = (path: string, ...besides: string[]) => () => expectOwn([{ path: join(root, 'a.py'), sha256: '' }, { path, sha256: '' }], { root, confined: besides })

  it('may be anywhere where modules are not apart', ({ expect }) => {
    expect(() => expectOwn([{ path: '/etc/shadow', sha256: '' }], { root })).not.toThrow()
  })

  it('are below the root, by this or its real name, or one of the folders besides; what else is said is refused and not repeated', ({ expect }) => {
    const link = join(folder, 'link')
    symlinkSync(root, link)
    expect(claim(join(root, 'lib/../b.py'))).not.toThrow()
    expect(claim('/usr/lib/python3/a.py', '/usr/lib/python3')).not.toThrow()
    expect(() => expectOwn([{ path: join(root, 'a.py'), sha256: '' }], { root: link, confined: [] })).not.toThrow()
    for (const path of ['/etc/shadow', 'a.py', `${root}-other/a.py`, `${root}/../secret`, '/usr/lib/python3.py']) {
      expect(claim(path, '/usr/lib/python3')).toThrow(/^the module says that it has read a file outside of its root$/)
    }
  })
})

function write(path: string, text: string): string {
  const file = join(folder, path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, text)
  return file
}
