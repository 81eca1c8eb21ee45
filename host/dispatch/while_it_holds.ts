import type { Ask } from '../../sandboxes/contract.ts'
import { QueryFailure } from '../../sandboxes/failure.ts'

/** Asks nothing while what the modules are held by does not hold; `unavailable` says why not. */
export function whileItHolds(unavailable: () => string | undefined, next: Ask): Ask {
  return (query) => {
    const reason = unavailable()
    return reason === undefined ? next(query) : Promise.reject(new QueryFailure('SANDBOX_UNAVAILABLE', reason))
  }
}
