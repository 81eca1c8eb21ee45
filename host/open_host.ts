import type { Account } from '../sandboxes/launch/trusted.ts'
import { lookUp, type PreparedPython } from '../sandboxes/python/look_up.ts'
import type { Config } from './config/config.ts'
import { openGround, type GroundOptions } from './ground.ts'
import { buildHost, type Host, type HostParts } from './host.ts'
import { makeOffer } from './offer.ts'
import type { Offer } from './registry/serving.ts'

export interface OpenOptions extends GroundOptions, Pick<HostParts, 'trustFailures'> {}

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

/** Decides on the Python environment and builds the host around it. Rejects with SetupError or OperatorError. */
export async function openHost(options: OpenOptions): Promise<OpenHost> {
  const { config, environment, log, trustFailures } = options
  const { state, run, account, runner, isolates, looking, ...ground } = await openGround(options)
  let { python } = ground
  const offer = makeOffer(config, { python: python.environment, runner, isolates })
  let current = offer
  const host = buildHost({ config, environment, account, state, run, log, trustFailures })
  return {
    host,
    account,
    offer,
    python: () => python,
    async renew(next) {
      const { passedOver: _, ...silently } = looking
      const found = await lookUp({ ...silently, python: next.python.path })
      // An environment that is being changed may not import for a moment: the next look finds it whole.
      if (found === undefined) throw new Error('no environment with misp-modules is to be found at the moment')
      const renewed = makeOffer(next, { python: found.environment, runner, isolates }, current)
      await host.serve(renewed)
      python = found
      current = renewed
    },
  }
}
