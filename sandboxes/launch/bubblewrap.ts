import { execFile } from 'node:child_process'
import { delimiter, isAbsolute, join } from 'node:path'
import { promisify } from 'node:util'
import { isExecutable } from '../executable.ts'

/** The first release that can forbid user namespaces inside of its own. */
const LEAST = [0, 8]
const INSTALL = 'apt-get install -y bubblewrap'

/** A part of the profile `strict` that is not there, or does not hold. */
export class StrictUnavailable extends Error {
  override name = 'StrictUnavailable'
  readonly found: string
  /** The command, or what else mends it. */
  readonly mend: string

  constructor(found: string, mend: string) {
    super(`the profile strict cannot be had here: ${found}; mend it with: ${mend}. Modules of strangers stay disabled: nothing was started`)
    this.found = found
    this.mend = mend
  }
}

export interface Bubblewrap {
  /** Absolute. */
  readonly path: string
  readonly version: string
}

/** bubblewrap on PATH. Rejects with StrictUnavailable where there is none, or one that is too old. */
export async function findBubblewrap(path: string): Promise<Bubblewrap> {
  const folders = path.split(delimiter).filter((folder) => isAbsolute(folder))
  const found = folders.map((folder) => join(folder, 'bwrap')).find(isExecutable)
  if (found === undefined) throw new StrictUnavailable(`bubblewrap (bwrap) is not on PATH (${folders.join(', ') || 'which is empty'})`, INSTALL)
  const said = await promisify(execFile)(found, ['--version'], { env: {}, cwd: '/', timeout: 10_000 }).then(
    ({ stdout }) => stdout.trim(), (error: Error) => error.message.split('\n', 1)[0] ?? '')
  const version = /^bubblewrap (\d+\.\d+[\d.]*)$/.exec(said)?.[1]
  if (version === undefined) throw new StrictUnavailable(`${found} --version says ${JSON.stringify(said.slice(0, 200))}, which is not what bubblewrap says`, INSTALL)
  if (!isNewEnough(version)) throw new StrictUnavailable(`${found} is bubblewrap ${version}, and ${LEAST.join('.')} or newer is needed`, INSTALL)
  return { path: found, version }
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [leastMajor = 0, leastMinor = 0] = LEAST
  return major > leastMajor || (major === leastMajor && minor >= leastMinor)
}
