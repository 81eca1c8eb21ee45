import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { foldersOf, onPath } from './interpreter_behind.ts'
import type { Probe, Probed } from './probe.ts'
import { canExecute, type Reacher } from '../reach.ts'
import { noPython, noVenv, type SetupError } from './setup_error.ts'

/** The interpreter that an environment is made from. */
export interface BasePython {
  readonly python: string
  readonly version: string
  /** Whether the runners' account can execute it. */
  readonly reachable: boolean
}

/** Minor versions of Python 3 that are looked for by name besides plain `python3`. */
const MINORS = [14, 13, 12, 11, 10]

/**
 * The first Python on PATH of version 3.10 or newer that can make environments, preferring one that `runner` can execute: an
 * environment made from an interpreter under a 0700 home works for nobody else. Rejects with the SetupError of the first
 * candidate where none is good.
 */
export async function findBasePython(path: string, runner: Reacher | undefined, probe: Probe): Promise<BasePython> {
  let good: BasePython | undefined
  let complaint: SetupError | undefined
  for (const candidate of candidates(path)) {
    try {
      const probed = await probe(candidate)
      if (probed.lacks.length > 0) throw noVenv(candidate, probed.version, probed.lacks.join(' and '))
      const base = await toBase(probed, runner)
      if (base.reachable) return base
      good ??= base
    } catch (error) {
      complaint ??= error as SetupError
    }
  }
  if (good !== undefined) return good
  throw complaint ?? noPython(path)
}

async function toBase({ executable, base, version }: Probed, runner: Reacher | undefined): Promise<BasePython> {
  const reachable = runner === undefined || (await canExecute(runner, base))
  return { python: executable, version, reachable }
}

/** Every plain `python3` first, then the others by falling version; a file under two names once. */
function* candidates(path: string): Generator<string> {
  const seen = new Set<string>()
  const names = ['python3', ...MINORS.map((minor) => `python3.${minor}`)]
  for (const name of names) {
    for (const folder of foldersOf(path)) {
      const python = onPath(name, folder)
      if (python === undefined || seen.has(realpathSync(python))) continue
      seen.add(realpathSync(python))
      yield join(folder, name)
    }
  }
}
