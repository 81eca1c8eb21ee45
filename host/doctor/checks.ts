import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import { describeModules } from '../describe_modules.ts'
import { findAccount } from '../ground/runner_account.ts'
import { statePath } from '../ground/state_folder.ts'
import type { LookUpOptions, PreparedPython } from '../../sandboxes/python/look_up.ts'
import { probePython } from '../../sandboxes/python/probe.ts'
import { cachedProbe } from '../../sandboxes/python/probe_cache.ts'
import type { Reacher } from '../../sandboxes/reach.ts'
import { asCheck, type Check } from './check.ts'
import { checkIsolates } from './isolates.ts'
import { checkModules, checkRunnerNeeds } from './modules.ts'
import { checkNode } from './node.ts'
import { checkPort, checkProc, checkProgramLimits, checkResolver, checkState } from './machine.ts'
import { checkPython } from './python.ts'
import { checkRunners } from './runners.ts'
import { checkStrict } from './strict.ts'

export interface DoctorParts {
  readonly config: Config
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly log: Logger
  readonly signal: AbortSignal
}

/** Everything that serving needs, in the order in which one would mend it. Rejects with the signal's reason. */
export async function checkAll(parts: DoctorParts): Promise<readonly Check[]> {
  const { environment, log } = parts
  const config = withWhom(parts.config)
  const state = statePath(config.host.state, environment)
  const { account, unknown } = accountOf(config)
  const ofState = await checkState(state, account)
  const isWritable = !ofState.some(({ verdict }) => verdict === 'missing')
  const looking: LookUpOptions = { python: config.python.path, environment, state, probe: cachedProbe(join(state, 'probe.json'), probePython) }
  const { python, checks: ofPython } = await checkPython(looking, config.python.extras, account)
  return [
    ...checkNode(),
    ...ofState,
    ...await checkIsolates({ state: isWritable ? state : undefined, account, user: config.host.user }),
    ...ofPython,
    ...(unknown === undefined ? await checkRunners({ config, account, python }) : [unknown]),
    ...isWritable && unknown === undefined ? await checkStrict({ config, environment, state, python, log }) : [],
    checkProc(),
    checkProgramLimits(environment['PATH'] ?? ''),
    ...(python === undefined ? [] : await checkRunnerNeeds(python.environment.python)),
    checkResolver(),
    await checkPort(config, log),
    ...(python === undefined || !isWritable ? [] : [await modules(parts, python)]),
  ]
}

/** Cells of the profile strict have no account with a name: the first of their uids stands for all. */
function withWhom(config: Config): Config {
  const { profile, uids } = config.host
  return profile === 'strict' && uids !== 0 ? { ...config, host: { ...config.host, user: String(uids) } } : config
}

/** The account that modules are meant to run as, undefined for the host's own; or what says that there is none of that name. */
function accountOf({ host: { user, uids, profile } }: Config): { readonly account: Reacher | undefined; readonly unknown?: Check } {
  if (process.getuid?.() !== 0) return { account: undefined }
  if (profile === 'strict' && uids !== 0) return { account: { uid: uids, gid: uids } }
  try {
    const account = findAccount(user)
    return { account: account.uid === 0 ? undefined : account }
  } catch (error) {
    return { account: undefined, unknown: asCheck('account', 'missing', error) }
  }
}

async function modules(parts: DoctorParts, python: PreparedPython): Promise<Check> {
  try {
    const { catalogue } = await describeModules({ ...parts, choose: () => Promise.resolve(python) })
    return checkModules(catalogue)
  } catch (error) {
    return asCheck('modules', 'missing', error)
  }
}
