import { QueryFailure } from '../../sandboxes/failure.ts'

/** What a layer caught, as a failure. Layers reject with QueryFailure only; anything else is a bug of the host, and its fault. */
export function asFailure(thrown: unknown): QueryFailure {
  if (thrown instanceof QueryFailure) return thrown
  return new QueryFailure('SANDBOX_UNAVAILABLE', 'the host failed while asking the module', { cause: thrown })
}
