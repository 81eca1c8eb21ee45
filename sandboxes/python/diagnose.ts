import type { LoadFailure } from '../contract.ts'
import { fixBeside, type Fix } from '../fix.ts'
import { shellWord } from '../shell_word.ts'
import type { PackageTables } from './package_tables.ts'
import { normalised, type Requirement } from './requirements.ts'

export interface DiagnosisOptions {
  readonly tables: PackageTables
  /** The interpreter that the package has to be installed for. */
  readonly python: string
  /** What the installed misp-modules asks for: see `installedRequirements`. */
  readonly requirements: readonly Requirement[]
}

/** undefined: the failure is the module's own, no package mends it. */
export function diagnose(failure: LoadFailure, options: DiagnosisOptions): Fix | undefined {
  // A package of that name for Python would be somebody else's.
  if (failure.install !== undefined) return fixBeside(failure)
  return (
    knownText(failure.error, options) ??
    missingLibrary(failure.error, options) ??
    missingImport(failure, options) ??
    wrongVersion(failure.error, options) ??
    missingNameserver(failure.error)
  )
}

/** The one line that installs Debian packages, without questions. */
export function aptLine(packages: readonly string[]): string {
  return `apt-get install -y ${packages.join(' ')}`
}

function knownText(error: string, { tables }: DiagnosisOptions): Fix | undefined {
  const known = tables.texts.find(({ text }) => error.includes(text))
  return known && { what: known.what, command: aptLine(known.packages) }
}

function missingLibrary(error: string, { tables }: DiagnosisOptions): Fix | undefined {
  const [, library, stem = ''] = /((lib[\w.+-]+?\.so)[\d.]*): cannot open shared object file/.exec(error) ?? []
  if (library === undefined) return undefined
  const known = tables.libraries[stem]
  const search = `apt-get install -y apt-file && apt-file update && apt-file search ${library}`
  const command = known === undefined ? search : aptLine([known])
  return { what: `the shared library ${library}`, command }
}

function missingImport({ error, missing }: LoadFailure, options: DiagnosisOptions): Fix | undefined {
  const name = missing ?? /No module named '([\w.]+)'/.exec(error)?.[1]
  const top = name?.split('.')[0]
  if (name === undefined || top === undefined) return undefined
  if (BUILT_WITH[top] !== undefined) {
    return { what: `Python's own module ${top}, which this interpreter was built without`, command: BUILT_WITH[top] }
  }
  if (top === 'misp_modules') return pipFix('misp-modules', 'misp-modules', options)
  const distribution = options.tables.distributions[top] ?? normalised(top)
  return pipFix(distribution, top, options)
}

function wrongVersion(error: string, options: DiagnosisOptions): Fix | undefined {
  const top = /cannot import name '\w+' from '(\w+)/.exec(error)?.[1]
  if (top === undefined || top === 'misp_modules') return undefined
  const { what, command } = pipFix(options.tables.distributions[top] ?? normalised(top), top, options)
  return { what: `another version of ${what}`, command: command.replace(' install ', ' install --upgrade ') }
}

function missingNameserver(error: string): Fix | undefined {
  if (!/NoResolverConfiguration|specified no nameservers/.test(error)) return undefined
  return { what: 'a nameserver in /etc/resolv.conf', command: `echo 'nameserver 127.0.0.1' >> /etc/resolv.conf` }
}

function pipFix(distribution: string, importName: string, { tables, python, requirements }: DiagnosisOptions): Fix {
  const wished = requirements.filter(({ name }) => name === distribution)
  const longest = wished.map(({ text }) => text).sort((a, b) => b.length - a.length)[0]
  const requirement = tables.versions[distribution] ?? longest ?? distribution
  const pip = `${shellWord(python)} -m pip install ${shellWord(requirement)}`
  const needs = tables.buildNeeds[distribution]
  const known = wished.length > 0 || importName in tables.distributions || normalised(importName) !== distribution
  const what = `the Python package ${distribution}`
  return {
    // A name that only looks like its package may be anybody's on a public index.
    what: known ? what : `a Python package that provides "${importName}" (check that it is ${distribution})`,
    command: needs === undefined ? pip : `${aptLine(needs)} && ${pip}`,
  }
}

const REBUILD = 'apt-get install -y python3 python3-venv && misp-module-host serve --python /usr/bin/python3'
const BUILT_WITH: Readonly<Record<string, string>> = {
  _sqlite3: REBUILD, _ctypes: REBUILD, _ssl: REBUILD, _lzma: REBUILD, _bz2: REBUILD, zlib: REBUILD,
  tkinter: 'apt-get install -y python3-tk', _tkinter: 'apt-get install -y python3-tk',
}
