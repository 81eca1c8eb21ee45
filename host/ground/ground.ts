import { join } from 'node:path'
import type { Logger } from 'pino'
import type { IsolateFolder, NoIsolates } from '../../sandboxes/isolate/isolate_folder.ts'
import { prepareGate } from '../../sandboxes/egress/prepare.ts'
import { nodeFlags } from '../../sandboxes/isolate/node_flags.ts'
import { prepareIsolates } from '../../sandboxes/isolate/prepare.ts'
import { StrictUnavailable } from '../../sandboxes/launch/bubblewrap.ts'
import type { Account } from '../../sandboxes/launch/trusted.ts'
import { nodeLibraries } from '../../sandboxes/node_reads.ts'
import type { PythonEnvironment } from '../../sandboxes/python/environment.ts'
import type { PythonFiles } from '../../sandboxes/python/python_files.ts'
import type { LookUpOptions, PreparedPython } from '../../sandboxes/python/look_up.ts'
import type { Probe } from '../../sandboxes/python/probe.ts'
import { cachedProbe } from '../../sandboxes/python/probe_cache.ts'
import type { Config } from '../config/config.ts'
import { Gatekeeper } from './gatekeeper.ts'
import { openProfile, openRun, type ProbedKinds, type Profile } from './profile.ts'
import { openPythonFiles } from './open_python_files.ts'
import { egressAccount, runnerAccount, strictAccount } from './runner_account.ts'
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
  /** What cells see of it. */
  readonly pythonFiles: PythonFiles
  /** undefined: modules run as the host itself. */
  readonly account: Account | undefined
  readonly runner: RunnerFolder
  /** How modules are started. */
  readonly profile: Profile
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
  const isStrict = config.host.profile === 'strict'
  const account = isStrict ? strictAccount(config.host) : await runnerAccount(config.host.user, python?.environment.python, log)
  const pythonFiles = await openPythonFiles({ state, account: isStrict ? account : undefined, environment: python?.environment, host: config.host, log })
  const isolates = await prepareIsolates({ state, account, whole: isStrict })
  if (isStrict && 'unusable' in isolates) throw new StrictUnavailable(isolates.unusable, 'misp-module-host doctor')
  if ('unusable' in isolates) log.warn({ reason: isolates.unusable }, 'modules in TypeScript and JavaScript are not served; "misp-module-host doctor" says more')
  const run = await runFolder(state, account)
  const gatekeeper = isStrict ? await openGate(state, run, config.host, log) : undefined
  const profile = await openProfile({ name: config.host.profile, ...(gatekeeper && { openDoor: gatekeeper.open }), accounts: config.host.uids !== 0, environment, account, run, log }, () => kindsOf(isolates, pythonFiles, python?.environment))
  return { state, run, python, pythonFiles, account, runner: await runnerFolder(state, account), profile, isolates, looking }
}

/** The egress process, as an account of its own where the host is root. Rejects with StrictUnavailable where it does not start. */
async function openGate(state: string, run: string, host: Config['host'], log: Logger): Promise<Gatekeeper> {
  const account = egressAccount(host)
  openRun(run)
  const gatekeeper = new Gatekeeper({ program: await prepareGate(state, account), account, run, log })
  try {
    await gatekeeper.start()
    return gatekeeper
  } catch (error) {
    throw new StrictUnavailable(`the egress process does not start: ${(error as Error).message}`, 'misp-module-host doctor')
  }
}

/** What cells of Node, of isolates and of Python are made of. */
export function kindsOf(isolates: IsolateFolder | NoIsolates, files: PythonFiles, python: PythonEnvironment | undefined): ProbedKinds {
  const node = 'unusable' in isolates ? process.execPath : isolates.node
  const reads = [node, ...nodeLibraries()]
  return {
    node: { command: node, reads },
    isolates: 'unusable' in isolates ? isolates : { command: node, args: [...nodeFlags({ jit: false }), isolates.probe], reads: [isolates.path, ...reads] },
    python: python && { command: python.python, ...files.of(python) },
  }
}

/** The probe starts processes and brings a library for it, which a warm start does without. */
const probeLazily: Probe = async (python) => {
  const { probePython } = await import('../../sandboxes/python/probe.ts')
  return probePython(python)
}
