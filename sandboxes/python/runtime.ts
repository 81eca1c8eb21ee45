import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { AuthoredFiles } from '../authored_files.ts'
import type { ModuleFile, ModuleSource } from '../contract.ts'
import { QueryFailure } from '../failure.ts'
import { LIBRARIES } from '../launch/mounts.ts'
import { holdFor, TRUSTED, type Policy } from '../launch/policy.ts'
import { FileChanged, type CellSpec, type Copies, type Runtime } from '../runtime.ts'

export interface PythonOptions {
  /** The interpreter to launch. */
  readonly python: string
  /** The folder that holds the `runner` package, readable by the runners' account. */
  readonly runnerFolder: string
  /** `forkserver` is the fast form; `single` starts an interpreter for each runner and works everywhere. */
  readonly form: 'forkserver' | 'single'
  readonly descriptors: number
  readonly fileMb: number
  /** Log every HTTP exchange of a module, credentials included. */
  readonly debugHttp: boolean
  /** TRUSTED where absent. */
  readonly policy?: Policy
  /** What the interpreter reads, where a profile shows it no more: see interpreterReads. */
  readonly reads?: readonly string[]
  /** Of what of it its account cannot reach. */
  readonly copies?: Copies
}

/** Libraries that most modules without pymisp import, and that start no thread. */
const LIGHT = [
  'base64', 'collections', 'csv', 'datetime', 'hashlib', 'io', 'ipaddress', 'json', 'logging', 'math', 're', 'socket', 'ssl',
  'tempfile', 'typing', 'urllib.parse', 'urllib.request', 'uuid', 'zipfile', 'orjson', 'requests', 'misp_modules',
]
/** What pymisp with all its extras pulls in is most of the time of 120 modules. */
const FULL = [...LIGHT, 'pymisp', 'dns.resolver', 'bs4', 'lxml.etree']

/** Python modules, upstream's and custom ones, unchanged. */
export function pythonRuntime(options: PythonOptions): Runtime {
  const { policy = TRUSTED } = options
  const forks = options.form === 'forkserver'
  const light = { ...cellSpec(options, 'python/light', LIGHT), ...(policy.apart && { spares: 1 }) }
  const alone = cellSpec(options, 'python/single', undefined)
  const full = { ...cellSpec(options, 'python/full', FULL), outdoes: light.name }
  // Each fork takes the longer the more is imported, of which a cell for one module alone needs no more than that.
  const bare = policy.apart ? [{ ...cellSpec(options, 'python/bare', []), spares: 1 }] : []
  const cells = forks ? [...bare, light, full] : [alone]
  return {
    name: 'python',
    fresh: policy.fresh,
    moduleName: (file) => (file.endsWith('.py') && !basename(file).startsWith('_') ? basename(file, '.py') : undefined),
    cells,
    alone,
    smallestCell: (source, introspection) => {
      if (introspection?.heavy ?? mentionsPymisp(source)) return cells.length - 1
      return introspection?.lean === true ? 0 : Math.min(bare.length, cells.length - 1)
    },
    contentOf: (source, files) => (source.builtin ? undefined : contentOf(source, files)),
    // Not what it reads of the system, where there may be what nobody but the host can read.
    ...(policy.apart && { confined: (options.reads ?? []).filter((path) => !LIBRARIES.includes(path)) }),
    load(source, settings, scratch, describe) {
      const hold = holdFor(policy, settings.processes)
      return {
        name: source.name,
        module_type: source.type,
        file: source.file,
        root: source.builtin ? null : source.root,
        describe,
        scratch,
        env: settings.env,
        memory_mb: settings.limits.memoryMb,
        descriptors: options.descriptors,
        file_mb: options.fileMb,
        debug_http: options.debugHttp,
        once: policy.fresh && !settings.warm,
        ...(hold && { hold }),
      }
    },
  }
}

/** The sources among these files, as JSON of path to base64. Throws FileChanged, and QueryFailure where one must not be read. */
function contentOf(source: ModuleSource, files: readonly ModuleFile[]): Uint8Array {
  const authored = new AuthoredFiles(source)
  const sources: Record<string, string> = {}
  for (const { path, sha256 } of files) {
    const bytes = readIfThere(authored, path)
    if (bytes === undefined || createHash('sha256').update(bytes).digest('hex') !== sha256) {
      throw new FileChanged(`${path} was changed while the module was described`)
    }
    if (path.endsWith('.py')) sources[path] = bytes.toString('base64')
  }
  return Buffer.from(JSON.stringify(sources))
}

function readIfThere(authored: AuthoredFiles, path: string): Buffer | undefined {
  try {
    return authored.read(path)
  } catch (error) {
    if (error instanceof QueryFailure) throw error
    return undefined
  }
}

/** A guess for a module that was never described; a wrong one costs time and nothing else. */
function mentionsPymisp(source: ModuleSource): boolean {
  try {
    return new AuthoredFiles(source).read(source.file).includes('pymisp')
  } catch {
    return false
  }
}

function cellSpec(options: PythonOptions, name: string, preload: readonly string[] | undefined): CellSpec {
  const entry = preload === undefined ? 'single' : 'forkserver'
  return {
    name,
    command: options.python,
    // Isolated mode: neither the caller's PYTHON* variables nor a user's site-packages. The runner's own folder is on the
    // path only while the runner is imported, so that no module finds it there.
    args: ['-I', '-c', `import sys\nsys.path.insert(0, sys.argv[1])\nfrom runner.${entry} import run\ndel sys.path[0]\nsys.argv = ['misp-modules']\nrun()`, options.runnerFolder],
    env: {},
    preload,
    reads: [...(options.reads ?? []), options.runnerFolder],
    ...(options.copies !== undefined && { copies: options.copies }),
    readsModule: true,
    reaches: true,
    starts: 'processes',
    fresh: options.policy?.fresh ?? false,
  }
}
