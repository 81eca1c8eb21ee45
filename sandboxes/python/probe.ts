import { fileURLToPath } from 'node:url'
import { statSync } from 'node:fs'
import { execa } from 'execa'
import { z } from 'zod'
import { pythonTooOld, wrongInterpreter } from './setup_error.ts'

/** What an interpreter says about itself. */
export interface Probed {
  readonly version: string
  /** Absolute path of the interpreter that answered: differs from the asked one where that is a wrapper script. */
  readonly executable: string
  /** The interpreter behind a virtual environment. */
  readonly base: string
  /** Folders that packages are installed in. */
  readonly folders: readonly string[]
  /** Of `venv` and `ensurepip`, those it lacks. */
  readonly lacks: readonly string[]
  readonly mispModules?: { readonly version: string; readonly packageDir: string }
  /** Why misp_modules cannot be imported. */
  readonly importError?: string
}

/** Asks an interpreter. Rejects with SetupError where the path is no Python of version 3.10 or newer. */
export type Probe = (python: string) => Promise<Probed>

const Answer = z.object({
  version: z.string(),
  executable: z.string(),
  base: z.string(),
  folders: z.array(z.string()),
  lacks: z.array(z.string()),
  misp_modules: z.union([z.object({ version: z.string(), folder: z.string() }), z.object({ error: z.string() })]),
})

const SCRIPT = fileURLToPath(new URL('probe.py', import.meta.url))

export async function probePython(python: string): Promise<Probed> {
  assertExecutable(python)
  const { stdout, stderr, exitCode, failed, shortMessage } = await execa(python, ['-I', SCRIPT], {
    reject: false, timeout: 60_000, stdin: 'ignore', extendEnv: true, cwd: '/',
  })
  if (failed && /unknown option:? -I/i.test(stderr)) throw pythonTooOld(python, await versionLine(python))
  const answer = failed ? undefined : Answer.safeParse(parsed(stdout)).data
  if (answer === undefined) {
    const said = `${stdout}\n${stderr}`.trim().split('\n').at(-1) || shortMessage || 'nothing'
    const exit = `exit ${exitCode ?? 'by signal'}`
    throw wrongInterpreter(python, `${python} does not answer as Python does (${exit}): ${said.slice(0, 200)}`)
  }
  if (tooOld(answer.version)) throw pythonTooOld(python, answer.version)
  return toProbed(answer)
}

function toProbed(answer: z.infer<typeof Answer>): Probed {
  const { version, executable, base, folders, lacks, misp_modules: found } = answer
  const known = { version, executable, base, folders, lacks }
  return 'error' in found
    ? { ...known, importError: found.error }
    : { ...known, mispModules: { version: found.version, packageDir: found.folder } }
}

function assertExecutable(python: string): void {
  const entry = statSync(python, { throwIfNoEntry: false })
  if (entry === undefined) throw wrongInterpreter(python, `there is no file ${python}`)
  if (entry.isDirectory()) {
    throw wrongInterpreter(python, `${python} is a folder; the interpreter in it may be ${python}/bin/python`)
  }
  if ((entry.mode & 0o111) === 0) throw wrongInterpreter(python, `${python} is not executable`)
}

function tooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major !== 3 || minor < 10
}

async function versionLine(python: string): Promise<string> {
  const { stdout, stderr } = await execa(python, ['-V'], { reject: false, timeout: 10_000, stdin: 'ignore' })
  return (stdout || stderr).replace(/^Python /, '').trim() || 'of an unknown version'
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
