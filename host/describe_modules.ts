import type { PreparedPython } from '../sandboxes/python/look_up.ts'
import type { GroundOptions } from './ground/ground.ts'
import { openHost } from './open_host.ts'
import type { Catalogue } from './registry/catalogue.ts'

export interface DescribeOptions extends GroundOptions {
  readonly signal: AbortSignal
}

export interface DescribedModules {
  readonly catalogue: Catalogue
  readonly python: PreparedPython
}

/**
 * What a server would serve: every module described in a real runner, from the cache where nothing has changed; what failed
 * before is asked again. Rejects with SetupError, OperatorError or the signal's reason.
 */
export async function describeModules(options: DescribeOptions): Promise<DescribedModules> {
  const { host, offer, python } = await openHost({ ...options, trustFailures: false })
  const { promise, reject } = Promise.withResolvers<never>()
  options.signal.addEventListener('abort', () => reject(options.signal.reason as Error))
  try {
    options.signal.throwIfAborted()
    await Promise.race([host.serve(offer), promise])
    return { catalogue: host.catalogue(), python: python() }
  } finally {
    await host.destroy()
  }
}
