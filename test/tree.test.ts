import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { PROJECT } from './support/source_tree.ts'

/** Spelt so that this file does not name them itself. */
const REGISTRIES = [
  'pypi,org', 'files,pythonhosted,org', 'registry,npmjs,org', 'registry,yarnpkg,com', 'crates,io', 'proxy,golang,org',
  'repo,maven,apache,org', 'deb,debian,org', 'security,debian,org', 'archive,ubuntu,com', 'ports,ubuntu,com',
].map((name) => name.replaceAll(',', '.'))

/** Below a home, below a workplace, in an environment of a state folder. */
const MACHINE_PATH = /(?<![\w.$}/-])\/(?:root|work|(?:home|Users)\/\w[\w.-]*)\/[\w.]|\/python\/[0-9a-f]{16}\b/

describe('what is committed', () => {
  const files = committedFiles()

  it('names no host of a package registry', ({ expect }) => {
    expect(linesWhere(files, (line) => REGISTRIES.some((host) => line.includes(host)))).toEqual([])
  })

  it('locks packages without the place that they came from', ({ expect }) => {
    expect(linesWhere(files.filter((file) => file.endsWith('package-lock.json')), (line) => line.includes('"resolved"'))).toEqual([])
  })

  it('names no path of one machine', ({ expect }) => {
    expect(linesWhere(files, (line) => MACHINE_PATH.test(line))).toEqual([])
  })

  it('is checked for such paths whatever stands around them', ({ expect }) => {
    const paths = (lines: string) => lines.replaceAll('~', '/').split(' ')
    const found = paths('"~root~x" cwd:~work~main (~home~alice~project) PATH=~home~bob~bin:~bin ~Users~Eve~a ~var~x~python~0123456789abcdef~bin')
    expect(found.filter((line) => !MACHINE_PATH.test(line))).toEqual([])
    const fine = paths('~usr~bin~python3 test~work~a.ts ~workspace~a ~rooted~a $HOME~root~a https:~~a.example~home~x~y ~home ~python~runner')
    expect(fine.filter((line) => MACHINE_PATH.test(line))).toEqual([])
  })

  it('asks for exact versions of packages', ({ expect }) => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>
    const versions = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
    expect(versions.length).toBeGreaterThan(10)
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
  })
})

function committedFiles(): string[] {
  const names = execFileSync('git', ['ls-files', '-z'], { cwd: PROJECT, encoding: 'utf8' }).split('\0')
  return names.filter((name) => name !== '' && existsSync(join(PROJECT, name)))
}

function linesWhere(files: readonly string[], fits: (line: string) => boolean): string[] {
  return files.flatMap((file) => read(file).split('\n').flatMap((line, at) => (fits(line) ? [`${file}:${at + 1}: ${line.slice(0, 200)}`] : [])))
}

function read(file: string): string {
  return readFileSync(join(PROJECT, file), 'utf8')
}
