import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'vitest'
import { outOfReach } from '../../../sandboxes/python/out_of_reach.ts'
import { PythonFiles, type Copying } from '../../../sandboxes/python/python_files.ts'
import { temporaryFolder } from './wheels.ts'

/** An account that nobody has. */
const stranger = { uid: 1_900_000_000, gid: 1_900_000_000 }

describe('of a Python that an account cannot reach', () => {
  it('the parts of its prefixes are copied, readable for everybody, and nothing that lies beside them', async ({ expect }) => {
    using machine = new Machine()
    const { files, venv, base } = machine
    const { reads, copies, folder = '' } = await machine.opened.look(files)
    expect(Object.keys(copies).sort()).toEqual(['bin', 'lib'].map((name) => join(base, name)).concat(['bin', 'lib', 'pyvenv.cfg'].map((name) => join(venv, name))).sort())
    expect(reads).toEqual(expect.arrayContaining([...Object.keys(copies), files.python]))
    for (const beside of [venv, base]) expect(reads).not.toContain(beside)
    const copied = (path: string): string => join(copies[join(venv, path.split('/')[0] ?? '')] ?? '', ...path.split('/').slice(1))
    expect(readFileSync(copied('pyvenv.cfg'), 'utf8')).toBe('home = somewhere\n')
    expect(readlinkSync(copied('bin/python'))).toBe(files.base)
    expect(lstatSync(copied('lib/python3.11/site-packages/one.py'))).toMatchObject({ mtimeMs: statSync(join(venv, 'lib/python3.11/site-packages/one.py')).mtimeMs })
    expect(modes(folder)).toEqual(new Set(['755', '644']))
    expect(textsIn(folder).filter((text) => text.includes('secret'))).toEqual([])
    expect(machine.copyings).toEqual([{ python: files.python, paths: Object.keys(copies), because: machine.home }])
  })

  it('nothing is copied again until something has changed; hosts that look at once have one copy', async ({ expect }) => {
    using machine = new Machine()
    const first = await machine.opened.look(machine.files)
    expect(await machine.opened.look(machine.files)).toEqual(first)
    expect(await machine.open().look(machine.files)).toEqual(first)
    // As an import by root does.
    machine.write('venv/lib/python3.11/site-packages/__pycache__/one.pyc', 'code')
    expect(await machine.opened.look(machine.files)).toEqual(first)
    expect(machine.copyings.length).toBe(1)
    const [site] = machine.files.folders
    const before = statSync(site ?? '').mtimeMs
    machine.write('venv/lib/python3.11/site-packages/one.py', 'changed in its place')
    expect(statSync(site ?? '').mtimeMs).toBe(before)
    const [next, same] = await Promise.all([machine.opened.look(machine.files), machine.opened.look(machine.files)])
    expect([next.folder === first.folder, next === same, machine.copyings.length]).toEqual([false, true, 2])
    expect(textsIn(next.folder ?? '')).toContain('changed in its place')
  })

  it('a copy stays while somebody has it, and goes at the next look', async ({ expect }) => {
    using machine = new Machine()
    const first = await machine.opened.look(machine.files)
    const held = machine.opened.hold(machine.files)
    machine.write('venv/lib/python3.11/site-packages/two.py', '')
    const second = await machine.opened.look(machine.files)
    expect(new Set(machine.copies())).toEqual(new Set([first.folder, second.folder]))
    expect(machine.opened.of(machine.files)).toEqual(second)
    held[Symbol.dispose]()
    await machine.opened.look(machine.files)
    expect(machine.copies()).toEqual([second.folder])
    // What a host that was killed has left.
    mkdirSync(join(machine.state, 'python-copy-aaaaaaaaaaaaaaaa', 'users'), { recursive: true })
    mkdirSync(join(machine.state, 'python-copy-bbbbbbbbbbbbbbbb.999999999'))
    await machine.opened.look(machine.files)
    expect(machine.copies()).toEqual([second.folder])
  })

  it('a folder of packages comes along without what is hidden in it and without environments', async ({ expect }) => {
    using machine = new Machine()
    machine.write('project/package/__init__.py', 'package')
    machine.write('project/.env', 'secret')
    machine.write('project/other/pyvenv.cfg', 'secret')
    const project = join(machine.home, 'project')
    const { copies, folder = '' } = await machine.opened.look({ ...machine.files, folders: [...machine.files.folders, project] })
    expect(readdirSync(copies[project] ?? '')).toEqual(['package'])
    expect(textsIn(folder).filter((text) => text.includes('secret'))).toEqual([])
  })

  it('a home is never copied', async ({ expect }) => {
    using machine = new Machine()
    const home = readFileSync('/etc/passwd', 'utf8').split('\n').map((line) => line.split(':')[5] ?? '').find((path) => path !== '' && existsSync(path) && !path.startsWith('/usr'))
    const isClosed = home !== undefined && (statSync(home).mode & 0o005) !== 0o005
    if (isClosed) await expect(outOfReach(stranger, { ...machine.files, folders: [home] })).rejects.toThrow(/is not copied, because it is or holds a home/)
    // An interpreter in bin/ of one, as ~/bin and ~/.local/bin are: the link is shown, the rest is not.
    mkdirSync(join(machine.home, 'bin'))
    const python = join(machine.home, 'bin', 'python')
    symlinkSync(machine.files.base, python)
    const { reads, copies } = await machine.opened.look({ ...machine.files, python, folders: [] })
    expect(Object.keys(copies)).toEqual(['bin', 'lib'].map((name) => join(machine.base, name)))
    expect(reads).toContain(python)
    expect(reads).not.toContain(machine.home)
  })

  it('what keeps it from being copied is said', async ({ expect }) => {
    using machine = new Machine()
    chmodSync(machine.state, 0o700)
    await expect(machine.opened.look(machine.files)).rejects.toThrow(`neither can it reach a copy in the state folder ${machine.state}`)
  })
})

it('of a Python that an account can reach nothing is copied, but for packages that a umask has closed', async ({ expect }) => {
  using machine = new Machine()
  chmodSync(machine.home, 0o755)
  const { reads, copies } = await machine.opened.look(machine.files)
  expect(reads).toContain(join(machine.venv, 'lib'))
  expect(reads).not.toContain(machine.venv)
  expect([copies, machine.copyings, machine.copies()]).toEqual([{}, [], []])
  machine.write('venv/lib/python3.11/site-packages/closed/__init__.py', '')
  const closed = join(machine.files.folders[0] ?? '', 'closed')
  chmodSync(closed, 0o700)
  const seen = await machine.opened.look(machine.files)
  expect(Object.keys(seen.copies)).toEqual(['bin', 'lib', 'pyvenv.cfg'].map((name) => join(machine.venv, name)))
  expect(machine.copyings).toMatchObject([{ because: closed }])
})

/** A home that nobody else can enter, with an interpreter, a virtual environment and more in it; and a state folder. */
class Machine implements Disposable {
  readonly #folder = temporaryFolder()
  readonly home = join(this.#folder.path, 'home')
  readonly state = join(this.#folder.path, 'state')
  readonly base = join(this.home, 'versions/3.11')
  readonly venv = join(this.home, 'venv')
  readonly files = { python: join(this.venv, 'bin/python'), base: join(this.base, 'bin/python3.11'), folders: [join(this.venv, 'lib/python3.11/site-packages')] }
  readonly copyings: Copying[] = []
  readonly opened: PythonFiles

  constructor() {
    for (const folder of [this.home, this.state]) mkdirSync(folder)
    for (const [path, text] of Object.entries(FILES)) this.write(path, text)
    symlinkSync(this.files.base, this.files.python)
    symlinkSync('lib', join(this.venv, 'lib64'))
    chmodSync(this.files.base, 0o755)
    // What there is of it that nobody else should be able to read or change.
    chmodSync(join(this.base, 'lib/python3.11/os.py'), 0o602)
    chmodSync(this.files.base, 0o4755)
    chmodSync(this.state, 0o755)
    this.opened = this.open()
    chmodSync(this.home, 0o700)
  }

  open(): PythonFiles {
    return new PythonFiles({ state: this.state, account: stranger, copying: (what) => this.copyings.push(what) })
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.home, path)), { recursive: true, mode: 0o755 })
    writeFileSync(join(this.home, path), text)
  }

  copies(): string[] {
    return readdirSync(this.state).filter((name) => name.startsWith('python-copy-')).map((name) => join(this.state, name))
  }

  [Symbol.dispose](): void {
    rmSync(this.home, { recursive: true, force: true })
    this.#folder[Symbol.dispose]()
  }
}

const FILES = {
  'versions/3.11/bin/python3.11': 'a program',
  'versions/3.11/lib/python3.11/os.py': '',
  'versions/3.11/secret.txt': 'secret',
  'venv/bin/pip': 'a script',
  'venv/lib/python3.11/site-packages/one.py': 'VALUE = 1\n',
  'venv/pip.conf': 'secret',
  'venv/pyvenv.cfg': 'home = somewhere\n',
  '.ssh/id': 'secret',
}

/** Of all that there is in a folder besides links. */
function modes(folder: string): Set<string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isSymbolicLink() && !entry.parentPath.endsWith('/users'))
  return new Set(entries.map((entry) => (statSync(join(entry.parentPath, entry.name)).mode & 0o7777).toString(8)))
}

function textsIn(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
}
