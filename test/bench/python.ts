import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { findPython } from '../../sandboxes/python/environment.ts'
import { probePython } from '../../sandboxes/python/probe.ts'

/**
 * The interpreter that both servers run on: MISP_BENCH_PYTHON, else the one that our server would find by itself. Rejects
 * where there is none with misp-modules.
 */
export async function benchPython(environment: NodeJS.ProcessEnv): Promise<string> {
  const flag = environment['MISP_BENCH_PYTHON']
  const wishes = { flag, virtualEnv: environment['VIRTUAL_ENV'], path: environment['PATH'] }
  const found = await findPython(wishes, probePython)
  if (found?.mispModules !== undefined) return found.python
  throw new Error('expected MISP_BENCH_PYTHON to name an interpreter that has misp-modules[all] installed; '
    + (flag === undefined ? 'it is not set, and there is none on PATH either' : `${flag} does not have it`))
}

/** The versions of Python and of misp-modules in one line. */
export async function pythonVersion(python: string): Promise<string> {
  const script = 'import platform, importlib.metadata as m; print(platform.python_version(), "misp-modules", m.version("misp-modules"))'
  const { stdout } = await promisify(execFile)(python, ['-I', '-c', script])
  return stdout.trim()
}
