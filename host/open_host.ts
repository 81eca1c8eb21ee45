import { join } from 'node:path'
import type { Account } from '../sandboxes/launch/trusted.ts'
import type { Report } from '../sandboxes/python/install_events.ts'
import { lookUp, type PreparedPython } from '../sandboxes/python/look_up.ts'
import { preparePython } from '../sandboxes/python/prepare.ts'
import type { Probe } from '../sandboxes/python/probe.ts'
import { cachedProbe } from '../sandboxes/python/probe_cache.ts'
import type { Config } from './config/config.ts'
import { buildHost, type Host, type HostParts } from './host.ts'
import { makeOffer } from './offer.ts'
import type { Offer } from './registry/serving.ts'
import { findAccount, runnerAccount } from './runner_account.ts'
import { runnerFolder } from './runner_folder.ts'
import { openState, runFolder, statePath } from './state_folder.ts'

export interface OpenOptions extends Pick<HostParts, 'environment' | 'log' | 'changed'> {
  readonly config: Config
  /** Gets the progress where an environment has to be made. */
  readonly report: Report
}

/** A host with the Python it runs modules on, and what it has to offer. */
export interface OpenHost {
  readonly host: Host
  readonly python: () => PreparedPython
  /** undefined: modules run as the host itself. */
  readonly account: Account | undefined
  /** Nothing is described yet: `host.serve` does that. */
  readonly offer: Offer
  /** Looks again for modules and packages, under the same or another configuration; what runs goes on as it was. */
  readonly renew: (config: Config) => Promise<void>
}

/** Finds or makes the Python environment and builds the host around it. Rejects with SetupError or ConfigError. */
export async function openHost(options: OpenOptions): Promise<OpenHost> {
  const { config, environment, log, changed } = options
  const state = statePath(config.host.state, environment)
  openState(state)
  const probe = cachedProbe(join(state, 'probe.json'), probeLazily)
  let python = await prepared(options, state, probe)
  const account = await runnerAccount(config.host.user, python.environment.python, log)
  const folder = await runnerFolder(state, account)
  const offer = makeOffer(config, python.environment, folder)
  let current = offer
  const host = buildHost({ config, environment, account, state, run: await runFolder(state, account), log, changed })
  return {
    host,
    account,
    offer,
    python: () => python,
    async renew(next) {
      const found = await lookUp({ python: next.python.path, environment, state, probe })
      // An environment that is being changed may not import for a moment: the next look finds it whole.
      if (found === undefined) throw new Error('no environment with misp-modules is to be found at the moment')
      const renewed = makeOffer(next, found.environment, folder, current)
      await host.serve(renewed)
      python = found
      current = renewed
    },
  }
}

/** The probe starts processes and brings a library for it, which a warm start does without. */
const probeLazily: Probe = async (python) => {
  const { probePython } = await import('../sandboxes/python/probe.ts')
  return probePython(python)
}

async function prepared({ config, environment, log, report }: OpenOptions, state: string, probe: Probe): Promise<PreparedPython> {
  const { path, install, extras, findLinks } = config.python
  const python = await preparePython({
    python: path, noInstall: !install, extras, findLinks, environment, state, probe, report,
    runner: process.getuid?.() === 0 ? findAccount(config.host.user) : undefined,
    passedOver: (origin, candidate, reason) => log.info({ origin, python: candidate, reason }, 'this Python is not used'),
  })
  const { mispModules } = python.environment
  if (mispModules === undefined) log.warn({ python: path }, 'this Python has no misp-modules: only custom modules are served')
  return python
}
