import { shellWord } from '../shell_word.ts'

/** What can be wrong with the Python that modules run on. */
export type SetupProblem =
  | 'no-python'
  | 'python-too-old'
  | 'no-venv'
  | 'wrong-interpreter'
  | 'registry-unreachable'
  | 'disk-full'
  | 'incomplete'
  | 'not-writable'
  | 'managed-elsewhere'
  | 'install-failed'

export interface Problem {
  /** What there is, in one sentence without a full stop. */
  readonly found: string
  /** What there has to be. */
  readonly needed: string
  /** The command that mends it. */
  readonly command: string
  /** The tool's own last words, where a tool failed. */
  readonly output?: string
}

/** Setting Python up failed in a way the operator can mend. The message is meant to be printed as it is. */
export class SetupError extends Error {
  readonly problem: SetupProblem
  readonly found: string
  readonly needed: string
  readonly command: string
  readonly output: string | undefined

  constructor(problem: SetupProblem, { found, needed, command, output }: Problem) {
    super(`found: ${found}\nneeded: ${needed}\nmend it with: ${command}`)
    this.name = 'SetupError'
    this.problem = problem
    this.found = found
    this.needed = needed
    this.command = command
    this.output = output
  }
}

export const NEEDED_PYTHON = 'Python 3.10 or newer with the venv module'
const INSTALL_PYTHON = 'apt-get install -y python3 python3-venv'

export function noPython(searched: string): SetupError {
  return new SetupError('no-python', {
    found: `no python3 in any folder of PATH (${searched || 'PATH is empty'})`,
    needed: NEEDED_PYTHON,
    command: INSTALL_PYTHON,
  })
}

export function pythonTooOld(python: string, version: string): SetupError {
  return new SetupError('python-too-old', {
    found: `${python} is Python ${version}`,
    needed: `${NEEDED_PYTHON}; name one with --python PATH`,
    command: INSTALL_PYTHON,
  })
}

export function noVenv(python: string, version: string, missing: string): SetupError {
  const minor = version.split('.').slice(0, 2).join('.')
  return new SetupError('no-venv', {
    found: `${python} (${version}) has no ${missing} module, so it cannot make an environment`,
    needed: `${NEEDED_PYTHON} (on Debian and Ubuntu the package python3-venv, or python${minor}-venv)`,
    command: 'apt-get install -y python3-venv',
  })
}

export function wrongInterpreter(python: string, found: string): SetupError {
  return new SetupError('wrong-interpreter', {
    found,
    needed: `a Python interpreter of version 3.10 or newer at ${python}`,
    command: 'misp-module-host serve --python "$(command -v python3)"',
  })
}

export function nothingInstalled(requirement: string, folder: string, forbidden = false): SetupError {
  const places = `neither --python, VIRTUAL_ENV, misp-modules on PATH nor ${folder} has one`
  return new SetupError('incomplete', {
    found: `no environment with misp-modules: ${places}${forbidden ? ', and --no-install forbids making one' : ''}`,
    needed: `an environment with ${requirement}`,
    command: 'misp-module-host python install',
  })
}

export function notWritable(path: string): SetupError {
  return new SetupError('not-writable', {
    found: `${path} cannot be written to`,
    needed: 'a state folder that the account of the host can write to; name another one with --state DIR',
    command: `mkdir -p ${shellWord(path)} && chown "$(id -un)" ${shellWord(path)}`,
  })
}
