import type { Account } from '../sandboxes/launch/trusted.ts'
import { lookUp, type PreparedPython } from '../sandboxes/python/look_up.ts'
import type { Runtime } from '../sandboxes/runtime.ts'
import type { Config } from './config/config.ts'
import { openGround, type Ground, type GroundOptions } from './ground/ground.ts'
import { buildHost, type Host, type HostParts } from './host.ts'
import { makeOffer } from './offer.ts'
import type { Profile } from './ground/profile.ts'
import type { Offer } from './registry/serving.ts'

/** What a host is made of besides the ground that it stands on. */
export interface HostOptions extends Pick<HostParts, 'config' | 'log' | 'trustFailures' | 'memoryBytes' | 'answers' | 'known'> {
  /** Only the operator's roots, not the modules of the installed misp-modules. */
  readonly onlyOwn?: boolean
}

export interface OpenOptions<Python extends PreparedPython | undefined = PreparedPython> extends GroundOptions<Python>, HostOptions {}

/** A host with the Python it runs modules on, and what it has to offer. */
export interface OpenHost<Python extends PreparedPython | undefined = PreparedPython> {
  readonly host: Host
  readonly python: () => Python
  /** undefined: modules run as the host itself. */
  readonly account: Account | undefined
  readonly profile: Profile
  /** The configuration and the languages of what is served now. */
  readonly config: () => Config
  readonly runtimes: () => readonly Runtime[]
  /** Folders that its modules are in. */
  readonly roots: () => readonly string[]
  /** Nothing is described yet: `host.serve` does that. */
  readonly offer: Offer
  /** Looks again for modules and packages, under the same configuration or another one that `host.hold` was told of; what runs goes on as it was. */
  readonly renew: (config: Config) => Promise<void>
}

/** Decides on the Python environment and builds the host around it. Rejects with SetupError or OperatorError. */
export async function openHost<Python extends PreparedPython | undefined>(options: OpenOptions<Python>): Promise<OpenHost<Python>> {
  return hostOn(await openGround(options), options)
}

/** Builds a host on ground that was opened before. Throws OperatorError. */
export function hostOn<Python extends PreparedPython | undefined>(ground: Ground<Python>, options: HostOptions): OpenHost<Python> {
  const { config, onlyOwn = false } = options
  const { state, run, account, runner, profile, isolates, looking, pythonFiles } = ground
  let { python } = ground
  const offering = (offer: Offer): Offer => (onlyOwn ? { ...offer, roots: offer.roots.filter(({ builtin }) => !builtin) } : offer)
  const offer = offering(makeOffer(config, { python: python?.environment, pythonFiles, runner, isolates, profile }))
  let current = offer
  let configured = config
  let held = pythonFiles.hold(python?.environment)
  const host = buildHost({ ...options, profile, account, state, run })
  return {
    host,
    account,
    profile,
    offer,
    python: () => python,
    config: () => configured,
    runtimes: () => current.runtimes,
    roots: () => current.roots.map(({ path }) => path),
    async renew(next) {
      const { passedOver: _, ...silently } = looking
      const found = await lookUp({ ...silently, python: next.python.path })
      // An environment that is being changed may not import for a moment: the next look finds it whole.
      if (found === undefined && python !== undefined) throw new Error('no environment with misp-modules is to be found at the moment')
      if (found !== undefined) await pythonFiles.look(found.environment)
      const renewed = offering(makeOffer(next, { python: found?.environment, pythonFiles, runner, isolates, profile }, current))
      const holding = pythonFiles.hold(found?.environment)
      try {
        await host.serve(renewed)
      } catch (error) {
        holding[Symbol.dispose]()
        throw error
      }
      held[Symbol.dispose]()
      held = holding
      // There is none only where there was none, and that was allowed.
      python = found as Python
      current = renewed
      configured = next
    },
  }
}
