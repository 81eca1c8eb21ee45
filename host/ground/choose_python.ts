import type { Report } from '../../sandboxes/python/install_events.ts'
import { lookUp, type PreparedPython } from '../../sandboxes/python/look_up.ts'
import { environmentsFolder } from '../../sandboxes/python/own_environment.ts'
import { preparePython } from '../../sandboxes/python/prepare.ts'
import { requirementFor } from '../../sandboxes/python/requirements.ts'
import { nothingInstalled } from '../../sandboxes/python/setup_error.ts'
import type { Config } from '../config/config.ts'
import type { ChoosePython } from './ground.ts'
import { findAccount } from './runner_account.ts'

export interface MakeOptions {
  readonly config: Config
  /** Gets the progress where an environment has to be made. */
  readonly report: Report
  /** Ends an install, which the next start goes on with. */
  readonly signal: AbortSignal
}

/** The first Python that fits, or an environment of our own, made now unless `--no-install`. */
export function findOrMake({ config, report, signal }: MakeOptions): ChoosePython {
  const { install, extras, findLinks } = config.python
  const runner = process.getuid?.() === 0 ? findAccount(config.host.user) : undefined
  return (looking) => preparePython({ ...looking, noInstall: !install, extras, findLinks, runner, report, signal })
}

/** The first Python that fits; nothing is made. */
export function onlyFind({ python: { extras } }: Config): ChoosePython {
  return async (looking) => {
    const found = await lookUp(looking)
    if (found === undefined) throw nothingInstalled(requirementFor(extras), environmentsFolder(looking.state))
    return found
  }
}

/** The first Python that fits, or none: modules of other languages do without. */
export const findOrNone: ChoosePython<PreparedPython | undefined> = lookUp
