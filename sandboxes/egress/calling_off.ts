import type { EgressResponse } from './message.ts'

/** What a module asks: with an `id` it may call it off by `{cancel: id}`, for which nothing is asked. */
type Fetch<Argument> = (argument: Argument, signal: AbortSignal) => Promise<EgressResponse>

/**
 * Makes requests that a module may call off by the id that it gave them, those of its own query only: `signal` tells queries apart, and
 * ends all of one. To call off is answered null.
 */
export function callableOff<Argument extends object>(fetch: Fetch<Argument>): (argument: object, signal: AbortSignal) => Promise<EgressResponse | null> {
  const running = new WeakMap<AbortSignal, Map<number, AbortController>>()
  return async (argument, signal) => {
    const { id, cancel, ...request } = argument as Argument & { id?: unknown; cancel?: unknown }
    const ours = running.get(signal) ?? new Map<number, AbortController>()
    running.set(signal, ours)
    if (typeof cancel === 'number') {
      ours.get(cancel)?.abort()
      return null
    }
    if (typeof id !== 'number') return await fetch(request as unknown as Argument, signal)
    const off = new AbortController()
    ours.set(id, off)
    try {
      return await fetch(request as unknown as Argument, AbortSignal.any([signal, off.signal]))
    } finally {
      ours.delete(id)
    }
  }
}
