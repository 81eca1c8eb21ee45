import { join } from 'node:path'
import type { Logger } from 'pino'
import type { IsolateFolder, NoIsolates } from '../sandboxes/isolate/isolate_folder.ts'
import { prepareIsolates } from '../sandboxes/isolate/prepare.ts'
import type { Account } from '../sandboxes/launch/trusted.ts'
import type { LookUpOptions, PreparedPython } from '../sandboxes/python/look_up.ts'
import type { Probe } from '../sandboxes/python/probe.ts'
import { cachedProbe } from '../sandboxes/python/probe_cache.ts'
import type { Config } from './config/config.ts'
import { runnerAccount } from './runner_account.ts'
import { runnerFolder, type RunnerFolder } from './runner_folder.ts'
import { openState, runFolder, statePath } from './state_folder.ts'

export interface GroundOptions<Python extends PreparedPython | undefined = PreparedPython> {
  readonly config: Config
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly log: Logger
  readonly choose: ChoosePython<Python>
}

/** Decides on the Python to run modules on. Where there is none it rejects with SetupError or, if one can do without, gives undefined. */
export type ChoosePython<Python extends PreparedPython | undefined = PreparedPython> = (looking: LookUpOptions) => Promise<Python>

/** What every command that runs modules stands on. */
export interface Ground<Python extends PreparedPython | undefined = PreparedPython> {
  /** The state folder. */
  readonly state: string
  /** Folder for what lives only as long as this process. */
  readonly run: string
  readonly python: Python
  /** undefined: modules run as the host itself. */
  readonly account: Account | undefined
  readonly runner: RunnerFolder
  /** What modules in TypeScript and JavaScript run on. */
  readonly isolates: IsolateFolder | NoIsolates
  /** How Python is looked for again later. */
  readonly looking: LookUpOptions
}

/** Opens the state folder and decides what modules run on, and as whom. Rejects with SetupError or OperatorError. */
export async function openGround<Python extends PreparedPython | undefined>(
  { config, environment, log, choose }: GroundOptions<Python>,
): Promise<Ground<Python>> {
  const state = statePath(config.host.state, environment)
  openState(state)
  const looking: LookUpOptions = {
    python: config.python.path,
    environment,
    state,
    probe: cachedProbe(join(state, 'probe.json'), probeLazily),
    passedOver: (origin, candidate, reason) => log.info({ origin, python: candidate, reason }, 'this Python is not used'),
  }
  const python = await choose(looking)
  if (python !== undefined && python.environment.mispModules === undefined) {
    log.warn({ python: python.environment.python }, 'this Python has no misp-modules: only custom modules are served')
  }
  const account = await runnerAccount(config.host.user, python?.environment.python, log)
  const isolates = await prepareIsolates({ state, account })
  if ('unusable' in isolates) log.warn({ reason: isolates.unusable }, 'modules in TypeScript and JavaScript are not served; "misp-module-host doctor" says more')
  return { state, run: await runFolder(state, account), python, account, runner: await runnerFolder(state, account), isolates, looking }
}

/** The probe starts processes and brings a library for it, which a warm start does without. */
const probeLazily: Probe = async (python) => {
  const { probePython } = await import('../sandboxes/python/probe.ts')
  return probePython(python)
}
