import { join } from 'node:path'
import { digestDistributions } from './distributions.ts'
import { interpreterBehind } from './interpreter_behind.ts'
import type { Probe, Probed } from './probe.ts'

export type PythonOrigin = 'flag' | 'virtual-env' | 'path' | 'own'

/** The Python that modules run on. */
export interface PythonEnvironment {
  /** Absolute path of the interpreter to launch. Never resolved: a virtual environment is known by its own path. */
  readonly python: string
  readonly version: string
  readonly origin: PythonOrigin
  /** The interpreter behind a virtual environment, the same file otherwise. */
  readonly base: string
  /** Absent: only custom modules can be served. */
  readonly mispModules?: { readonly version: string; readonly packageDir: string }
  /** Folders that packages are installed in. */
  readonly folders: readonly string[]
  /** Digest of everything installed: changes with any package, and with any file of misp_modules. */
  readonly distributions: string
}

export interface PythonWishes {
  /** `--python PATH`. */
  readonly flag?: string | undefined
  /** `$VIRTUAL_ENV`. */
  readonly virtualEnv?: string | undefined
  /** `$PATH`: where `misp-modules` may be. */
  readonly path?: string | undefined
  /** Interpreter of a finished environment of our own: see `findOwn`. */
  readonly own?: string | undefined
  /** Told of each place that was looked at and passed over. */
  readonly passedOver?: (origin: PythonOrigin, python: string, reason: string) => void
}

/**
 * The first of: `--python`, `$VIRTUAL_ENV`, the interpreter behind `misp-modules` on PATH, our own environment; the last
 * three only where misp_modules imports. undefined: there is none, and one has to be made. Rejects with SetupError where
 * `--python` names something else than a Python of version 3.10 or newer.
 */
export async function findPython(wishes: PythonWishes, probe: Probe): Promise<PythonEnvironment | undefined> {
  if (wishes.flag !== undefined) return toEnvironment('flag', wishes.flag, await probe(wishes.flag))
  for (const [origin, python] of candidates(wishes)) {
    try {
      const probed = await probe(python)
      if (probed.mispModules !== undefined) return toEnvironment(origin, python, probed)
      wishes.passedOver?.(origin, python, probed.importError ?? 'misp_modules is not installed')
    } catch (error) {
      wishes.passedOver?.(origin, python, (error as Error).message)
    }
  }
  return undefined
}

/** Lazily, so that nothing is looked for after the first that fits. */
function* candidates({ virtualEnv, path, own }: PythonWishes): Generator<[PythonOrigin, string]> {
  if (virtualEnv) yield ['virtual-env', join(virtualEnv, 'bin', 'python')]
  for (const python of interpreterBehind('misp-modules', path ?? '')) yield ['path', python]
  if (own !== undefined) yield ['own', own]
}

function toEnvironment(origin: PythonOrigin, python: string, probed: Probed): PythonEnvironment {
  const { version, base, mispModules } = probed
  return {
    // A wrapper script would fork and exec at each start, and could answer otherwise tomorrow.
    python: probed.executable === '' ? python : probed.executable,
    version,
    origin,
    base,
    ...(mispModules === undefined ? {} : { mispModules }),
    folders: probed.folders,
    distributions: digestDistributions(probed),
  }
}
