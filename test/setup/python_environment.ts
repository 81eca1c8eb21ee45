import { showInstall } from '../../host/cli/python_progress.ts'
import { installOwn } from '../../sandboxes/python/install.ts'
import { probePython } from '../../sandboxes/python/probe.ts'
import type { Reacher } from '../../sandboxes/reach.ts'
import { retryFailed } from '../../sandboxes/python/retry_failed.ts'
import { SetupError } from '../../sandboxes/python/setup_error.ts'
import { SetupFailure } from './setup_failure.ts'

export interface EnvironmentOptions {
  /** $MISP_TEST_PYTHON. */
  readonly wish: string | undefined
  /** The state folder of an environment of our own. */
  readonly state: string
  readonly environment: NodeJS.ProcessEnv
  /** The account that modules run as, where it is not our own. */
  readonly runner: Reacher | undefined
  readonly say: (line: string) => void
}

/**
 * The interpreter of an environment with misp-modules and every extra: the one wished for where it has misp_modules, else our
 * own, made where there is none. Rejects with SetupFailure where that lacks any requirement: the tests take all modules.
 */
export async function providePython(options: EnvironmentOptions): Promise<string> {
  const { wish, say } = options
  if (wish === undefined || wish === '') return await ownPython(options)
  const reason = await lack(wish)
  if (reason === undefined) return wish
  say(`passing over MISP_TEST_PYTHON (${wish}): ${reason}`)
  return await ownPython(options)
}

async function lack(python: string): Promise<string | undefined> {
  try {
    const probed = await probePython(python)
    return probed.mispModules === undefined ? (probed.importError ?? 'misp_modules is not installed') : undefined
  } catch (error) {
    return (error as Error).message
  }
}

async function ownPython({ state, environment, runner }: EnvironmentOptions): Promise<string> {
  using shown = showInstall(process.stderr)
  const options = { state, extras: 'all', environment, runner, report: shown.report, probe: probePython } as const
  try {
    const own = await installOwn(options)
    const failed = own.how === 'there' ? await retryFailed(options, own) : own.failed
    if (failed.length === 0) return own.python
    const reasons = failed.map(({ requirement, reason }) => `  ${requirement}: ${reason}`)
    throw new SetupFailure(`the tests need all of misp-modules, and these requirements could not be had:\n${reasons.join('\n')}`)
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    throw new SetupFailure([error.message, error.output ?? ''].join('\n').trimEnd(), { cause: error })
  }
}
